"""A newcomer's tour by the README alone: a fresh clone, a fresh environment, every step typed as it stands there.

    python -m tests.bench.tour              clone, run each step, print its seconds and what it said
    python -m tests.bench.tour --write      write docs/tour.md, too

It needs git and a package index. Steps that need what a newcomer lacks (a report, saved hosts) get what the README
names: a file of that name.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tour.md"
REPORT = """RuntimeError: CUDA error: no kernel image is available for execution on the device
torch 2.6.0+cu124, NVIDIA GeForce RTX 5090, driver 570.86.16, Python 3.12
"""
_BLOCK = re.compile(r"^```(?:console|bash)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_SAMPLE = re.compile(r"^```text\n\$ (torch-doctor .*)$", re.MULTILINE)
_PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


class Step(NamedTuple):
    """What is typed, and why a newcomer types it."""

    why: str
    typed: str


class Taken(NamedTuple):
    """A step, its wall time, its exit code, and the line of its output that answers."""

    step: Step
    seconds: float
    code: int
    output: str


def steps(readme: str) -> Iterator[Step]:
    """Yield what the README has a newcomer type, in its order; the tests of the project are not among it."""
    install, commands, *_ = _BLOCK.findall(readme)
    yield Step("install and check", install.strip())
    yield Step("the first picture", _SAMPLE.findall(readme)[0])
    for line in commands.strip().splitlines():
        typed, _, remark = line.partition(" # ")
        yield Step(remark.strip(), typed.strip())
    yield Step("see everything", "torch-doctor -v")
    yield Step("what an error means", 'torch-doctor explain "No CUDA GPUs are available"')
    yield Step("the whole matrix as a page", "torch-doctor matrix page -o ./site")
    yield Step(
        "the example of the Python API", f"python - <<'END'\n{_PYTHON.findall(readme)[0]}END"
    )


def take(step: Step, folder: Path) -> Taken:
    """Run a step in the checkout as a shell with its environment active does."""
    environ = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    environ["PATH"] = f"{folder / '.venv' / 'bin'}{os.pathsep}{environ['PATH']}"
    started = time.perf_counter()
    done = subprocess.run(
        ["bash", "-c", step.typed], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )  # fmt: skip
    took = time.perf_counter() - started
    lines = [line for line in done.stdout.splitlines() if line.strip()] or done.stderr.splitlines()
    verdict = next((line for line in lines if line.startswith("Verdict")), (lines or [""])[0])
    return Taken(step, took, done.returncode, verdict.strip())


def tour(folder: Path) -> Iterator[Taken]:
    """Yield each step of a tour in a fresh clone under *folder*."""
    checkout = folder / "torch-doctor"
    clone = Step("a fresh clone", f"git clone --quiet {ROOT} {checkout}")
    yield take(clone, folder)._replace(step=clone._replace(typed="git clone …"), output="")
    (checkout / "issue.txt").write_text(REPORT, encoding="utf-8")
    for step in steps((checkout / "README.md").read_text(encoding="utf-8")):
        yield take(step, checkout)


def page(taken: list[Taken], load: float) -> Iterator[str]:
    """Yield docs/tour.md."""
    day = datetime.now(tz=timezone.utc).date().isoformat()
    cores = os.cpu_count()
    yield "# A newcomer's tour"
    yield ""
    yield (
        "What somebody does who has the README and nothing else: a fresh clone, a fresh virtual environment, each step typed"
    )
    yield (
        f"as it stands there. Taken on {day} by `python -m tests.bench.tour --write` on {cores} cores without a GPU "
        f"(load {load:.0f}),"
    )
    yield f"{platform.system()} {platform.machine()}, Python {platform.python_version()}. Times are of the wall."
    yield from ("", "| step | typed | seconds | exit code | said |", "|---|---|---|---|---|")
    for one in taken:
        typed = one.step.typed.splitlines()[0].replace("|", "\\|")
        shown = f"`{one.output.partition(' Exit code')[0].replace('|', '/')}`" if one.output else ""
        yield f"| {one.step.why} | `{typed}` | {one.seconds:.1f} | {one.code} | {shown} |"
    total = sum(one.seconds for one in taken)
    yield from (
        "",
        f"All together: {total:.0f} s. The first answer comes after {_first(taken):.0f} s,",
    )
    yield "most of which pip spends on fetching and unpacking. The page of the matrix holds every build against every GPU."


def _first(taken: list[Taken]) -> float:
    return taken[0].seconds + taken[1].seconds


def main() -> int:
    """Take the tour; 1 where a step fails that should not."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="write docs/tour.md")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        taken = []
        for one in tour(Path(folder)):
            print(
                f"{one.seconds:7.1f} s  exit {one.code}  {one.step.typed.splitlines()[0]}",
                flush=True,
            )
            print(f"           {one.output}", flush=True)
            taken.append(one)
    if arguments.write:
        PAGE.write_text("\n".join(page(taken, load)) + "\n", encoding="utf-8")
    # 1 is an answer: a problem was found
    return max(one.code not in (0, 1) for one in taken)


if __name__ == "__main__":
    sys.exit(main())
