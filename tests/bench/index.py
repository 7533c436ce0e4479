"""Whether the package index that the user has configured resolves every uv command of our plans, dependencies and all.

A bench, not a test: it goes online. uv reads the metadata of wheels by ranges and installs nothing (--dry-run), so the
whole takes minutes where pip would fetch every wheel. Commands with an index of their own are tried with --indexes.

    python tests/bench/index.py                     a plan of every torch on the default index, alone and with companions
    python tests/bench/index.py --torch '>=2.8'     of these releases
    python tests/bench/index.py --pythons           with each Python of a plan, not only its newest
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from torch_doctor.core.fact import Facts  # noqa: E402  the checkout comes first
from torch_doctor.diagnose import diagnose  # noqa: E402
from torch_doctor.matrix.load import load_matrix  # noqa: E402
from torch_doctor.recommendation.ask import ask  # noqa: E402
from torch_doctor.recommendation.plans.plan import Plan  # noqa: E402
from torch_doctor.recommendation.question.asked import Asked  # noqa: E402

# Between them these run every build; flash-attn has no wheel on an index and would be built.
GPUS = {
    "linux-x86_64": ("A100", "RTX 5090", "K80"),
    "linux-aarch64": ("GH200", "GB10"),
    "windows": ("RTX 4090",),
}
TARGETS = {
    "linux-x86_64": "x86_64-manylinux_2_35",
    "linux-aarch64": "aarch64-manylinux_2_35",
    "windows-x86_64": "x86_64-pc-windows-msvc",
}
COMPANIONS: tuple[tuple[str, ...], ...] = (
    (),
    ("torchvision", "torchaudio"),
    ("triton",),
    ("xformers",),
    ("vllm",),
    ("torchao",),
    ("torchcodec",),
    ("sglang",),
    ("bitsandbytes",),
    ("vllm", "torchvision"),
    ("torchdata",),
    ("onnxruntime-gpu",),
    ("tensorrt",),
    ("tensorrt-cu12",),
    ("cupy-cuda12x",),
    ("cupy-cuda13x",),
    ("jax-cuda12-plugin",),
    ("jax-cuda13-plugin",),
    ("tensorflow",),
    ("ctranslate2",),
    ("deepspeed",),
    ("flashinfer-python",),
)
TIMEOUT_S = 600  # the first time, the metadata of hundreds of wheels is read
# A few dependencies have no wheel, only a source archive, of which uv builds the metadata.
SOURCE_ALONE = re.compile(r"Wheels are required for `[\w.-]+`")


class Trial(NamedTuple):
    """One command and the Python that it is for."""

    plan: Plan
    python: str


def trials(torch: str | None, *, pythons: bool, indexes: bool) -> Iterator[Trial]:
    """Yield each command once, newest torch first."""
    matrix = load_matrix()
    seen = set()
    for platform, gpus in GPUS.items():
        for gpu in gpus:
            for along in COMPANIONS:
                asked = Asked(gpu=(gpu,), platform=platform, torch=torch, with_=along, limit=1000)
                found = ask(asked, (), matrix, lambda f: diagnose(f, matrix), Facts, platform)
                for plan in found.plans:
                    key = (plan.platform, plan.commands["uv"])
                    if key in seen or (plan.index_url and not indexes):
                        continue
                    seen.add(key)
                    tags = [tag.removeprefix("cp3") for tag in plan.python if tag[-1].isdigit()]
                    numbers = sorted(map(int, tags), reverse=True)
                    for number in numbers if pythons else numbers[:1]:
                        yield Trial(plan, f"3.{number}")


def refusal(trial: Trial, uv: str, folder: str) -> str:
    """Return why uv refuses the command, or nothing."""
    # What is built against torch is left out: a dry run would build it.
    words = shlex.split(trial.plan.commands["uv"].splitlines()[0])
    why = _refusal(trial, (uv, *words[1:]), folder, ("--only-binary", ":all:"))
    return _refusal(trial, (uv, *words[1:]), folder) if SOURCE_ALONE.search(why) else why


def _refusal(
    trial: Trial, command: tuple[str, ...], folder: str, wheels: tuple[str, ...] = ()
) -> str:
    # 3.8 alone means 3.8.0, and some dependencies ask for a later point release.
    python = f"{trial.python}.10"
    machine = ("--python-version", python, "--python-platform", TARGETS[trial.plan.platform])
    try:
        done = subprocess.run(
            (*command, "--dry-run", "--target", folder, "--no-progress", *wheels, *machine),
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return f"no answer in {TIMEOUT_S} s"
    return "" if done.returncode == 0 else " ".join(done.stderr.split())


def tool(folder: Path) -> str:
    """Return uv, installed into a venv of its own where there is none yet."""
    bin_ = folder / "bin"
    if not (bin_ / "uv").exists():
        venv.create(folder, with_pip=True)
        subprocess.run((str(bin_ / "python"), "-m", "pip", "install", "-q", "uv"), check=True)
    return str(bin_ / "uv")


def main() -> int:
    """Try every command and print those that do not resolve."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--torch", metavar="SPEC")
    parser.add_argument("--pythons", action="store_true")
    parser.add_argument("--indexes", action="store_true")
    parser.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir()) / "bench-index")
    options = parser.parse_args()
    uv = tool(options.venv)
    wanted = list(trials(options.torch, pythons=options.pythons, indexes=options.indexes))
    refused = 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda trial: refusal(trial, uv, folder), wanted)
        for trial, why in zip(wanted, answers, strict=True):
            if why:
                refused += 1
                command = trial.plan.commands["uv"]
                print(f"{command}  [Python {trial.python}, {trial.plan.platform}]\n    {why}")
    print(f"{len(wanted)} commands tried, {refused} do not resolve")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
