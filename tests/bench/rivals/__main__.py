"""Six hard cases put to torch-doctor and to the others, answers beside answers: ``python -m tests.bench.rivals``.

It goes online for the packages of the others. Each is asked twice of the same machine: whether the installed build runs,
and what to install. How the others are shown that machine is told in tests/bench/peers.py.

    python -m tests.bench.rivals                 make a venv under the temporary folder, install, ask, print
    python -m tests.bench.rivals --venv DIR      use (or make) the venv in DIR
    python -m tests.bench.rivals --write         write docs/rivals.md, too
"""

from __future__ import annotations

import argparse
import tempfile
import textwrap
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from torch_doctor.matrix.load import load_matrix

from docs.pages.questions import answer
from tests.bench.rivals.cases import case_of
from tests.bench.rivals.marks import HOLDS, mark
from tests.bench.rivals.stage import Stage
from tests.bench.rivals.tools import CANNOT_BE_ASKED, TOOLS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "rivals.md"
_WIDTH = 100


class Hard(NamedTuple):
    """A machine in one line, why it is hard, and the two questions as our command line takes them."""

    machine: str
    why: str
    runs: str
    install: str


HARD = (
    Hard(
        "Eight A100 under driver 535, after a plain pip install of torch 2.15.0+cu132",
        "the driver prints CUDA 12.2 and is too old for this build, yet runs builds for 12.6",
        "matrix query --torch 2.15.0 --cuda 13.2 --gpu A100 --driver 535",
        "recommend --gpu A100 --driver 535",
    ),
    Hard(
        "An RTX 4090 (sm_89) under driver 535 with torch 2.8.0+cu128",
        "nothing is wrong: 12.8 runs on a driver that prints 12.2, and sm_86 code on sm_89",
        "matrix query --torch 2.8.0 --cuda 12.8 --gpu 'RTX 4090' --driver 535",
        "recommend --gpu 'RTX 4090' --driver 535",
    ),
    Hard(
        "An RTX 5090 under driver 570 with torch 2.6.0+cu124",
        "the driver is new enough, the wheel has no code for sm_120",
        "matrix query --torch 2.6.0 --cuda 12.4 --gpu 'RTX 5090' --driver 570",
        "recommend --gpu 'RTX 5090' --driver 570",
    ),
    Hard(
        "A V100 under driver 580 with torch 2.15.0+cu132",
        "the driver takes CUDA 13, whose builds have left the GPU behind",
        "matrix query --torch 2.15.0 --cuda 13.2 --gpu V100 --driver 580",
        "recommend --gpu V100 --driver 580",
    ),
    Hard(
        "An H100 under driver 515 with torch 2.0.1+cu118",
        "the floor of CUDA 11 is reached, but the driver does not know the GPU",
        "matrix query --torch 2.0.1 --cuda 11.8 --gpu H100 --driver 515",
        "recommend --gpu H100 --driver 515",
    ),
    Hard(
        "A V100 beside a B200 under driver 580 with torch 2.11.0+cu128",
        "one build must serve both, and few do",
        "matrix query --torch 2.11.0 --cuda 12.8 --gpu V100 --gpu B200 --driver 580",
        "recommend --gpu V100 --gpu B200 --driver 580",
    ),
)
_HEAD = """
Six machines that most advice gets wrong, put to {tools} on {day} by `python -m tests.bench.rivals --write`. ✓ the answer
holds by the rows of this project, ✗ it does not, ? the rows do not tell; a build that another tool names holds where it
runs there, however old it is. "{cannot}": the tool has no way to be asked. The rows are sourced one by one
([the matrix](matrix.md)); [all questions](peers.md) are put to the same tools.
"""


def main() -> None:
    """Ask everybody, and print the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--venv", type=Path, help="where the others are installed")
    parser.add_argument("--write", action="store_true", help="write docs/rivals.md")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rivals-") as scratch:
        stage = Stage((asked.venv or Path(scratch) / "venv").resolve())
        text = "\n".join(_page(stage)) + "\n"
    print(text, end="")
    if asked.write:
        PAGE.write_text(text, encoding="utf-8")


def _page(stage: Stage) -> Iterator[str]:
    tools = ", ".join(f"{name} {version}" for name, version in stage.versions().items())
    day = datetime.now(tz=timezone.utc).date()
    head = _HEAD.format(tools=tools, day=day, cannot=CANNOT_BE_ASKED)
    yield from ("# Six hard cases", "", textwrap.fill(head.strip(), 120))
    held = {name: [0, 0] for name in TOOLS}
    sections: list[str] = []
    for number, hard in enumerate(HARD, 1):
        sections += ("", f"## {number}. {hard.machine}", "", f"What makes it hard: {hard.why}.", "")
        sections += ("| | does it run? | what to install |", "|---|---|---|")
        sections.append(f"| **torch-doctor** | {_ours(hard.runs)} | {_ours(hard.install)} |")
        for name in TOOLS:
            cells, counted = _theirs(stage, name, hard)
            held[name] = [a + b for a, b in zip(held[name], counted, strict=True)]
            sections.append(f"| {name} | {' | '.join(cells)} |")
    yield from ("", "| tool | answers | of them hold |", "|---|---|---|")
    yield from (
        f"| {name} | {asked} of {2 * len(HARD)} | {right} |"
        for name, (asked, right) in held.items()
    )
    yield from sections


def _theirs(stage: Stage, name: str, hard: Hard) -> tuple[list[str], tuple[int, int]]:
    """Return what a tool says to the two questions, each with its mark; how many it answers, and how many hold."""
    matrix, cells, right, answered = load_matrix(), [], 0, 0
    for run in (hard.runs, hard.install):
        case = case_of({"ask": hard.machine, "run": run, "answer": ""}, matrix)
        case = case._replace(expected=answer(run).text)
        marked = TOOLS[name](stage, case)
        found = mark(case, marked, matrix)
        right += found == HOLDS
        answered += bool(found)
        cells.append(_cell(f"{found} {marked.text}".strip()))
    return cells, (answered, right)


def _ours(run: str) -> str:
    marked = answer(run)
    why = f" {marked.reasons[0]}" if marked.text == "No." and marked.reasons else ""
    return _cell(marked.text.rstrip(".") + (f":{why}" if why else ""))


def _cell(text: str) -> str:
    return textwrap.shorten(text, _WIDTH).replace("|", "/")


if __name__ == "__main__":
    main()
