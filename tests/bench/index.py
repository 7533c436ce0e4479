"""Whether the package index that the user has configured resolves every command of our plans, dependencies and all.

A bench, not a test: it goes online. uv and pip read the metadata of wheels by ranges and install nothing (--dry-run).
Commands with an index of their own are tried with --indexes. uv resolves for any machine and Python; pip reads markers
by the Python that runs it, so --pip tries what is for this machine and this Python.

    python tests/bench/index.py                     a plan of every torch on the default index, alone and with companions
    python tests/bench/index.py --torch '>=2.8'     of these releases
    python tests/bench/index.py --pythons           with each Python of a plan, not only its newest
    python tests/bench/index.py --pip               the pip commands for this machine and this Python
"""

from __future__ import annotations

import argparse
import platform
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
from torch_doctor.recommendation.question.hosts import AskedFrom  # noqa: E402

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
# vllm-nccl-cu12, which vLLM 0.4.1 asks for, takes its library from GitHub when it is built, and NVIDIA's stubs
# (tensorrt-cu12-libs 10.13) take a wheel from an index of NVIDIA's: an index alone does not do.
DOWNLOAD = re.compile(r"<urlopen error|wheel_stub\.")


HERE = f"linux-{platform.machine()}"  # pip is asked on Linux alone
THIS_PYTHON = f"3.{sys.version_info.minor}"


class Trial(NamedTuple):
    """One command and the Python that it is for."""

    plan: Plan
    python: str
    installer: str

    @property
    def command(self) -> str:
        return self.plan.commands[self.installer]


def trials(torch: str | None, *, pythons: bool, indexes: bool, installer: str) -> Iterator[Trial]:
    """Yield each command once, newest torch first."""
    matrix = load_matrix()
    seen = set()
    for system, gpus in GPUS.items():
        if installer == "pip" and system != HERE:
            continue
        for gpu in gpus:
            for along in COMPANIONS:
                asked = Asked(gpu=(gpu,), platform=system, torch=torch, with_=along, limit=1000)
                found = ask(
                    asked, (), matrix, lambda f: diagnose(f, matrix), AskedFrom(Facts, system)
                )
                for plan in found.plans:
                    key = (plan.platform, plan.commands[installer])
                    if key in seen or (plan.index_url and not indexes):
                        continue
                    seen.add(key)
                    for python in _pythons(plan, every=pythons, installer=installer):
                        yield Trial(plan, python, installer)


def _pythons(plan: Plan, *, every: bool, installer: str) -> list[str]:
    tags = [tag.removeprefix("cp3") for tag in plan.python if tag[-1].isdigit()]
    newest_first = [f"3.{number}" for number in sorted(map(int, tags), reverse=True)]
    if installer == "pip":
        return [python for python in newest_first if python == THIS_PYTHON]
    return newest_first if every else newest_first[:1]


def refusal(trial: Trial, bin_: Path, folder: str) -> str:
    """Return why the installer refuses the command, or nothing."""
    # What is built against torch is left out: a dry run would build it.
    words = shlex.split(trial.command.splitlines()[0])
    if trial.installer == "pip":
        pip = (*words[words.index("install") :], "--use-feature=fast-deps", "--ignore-installed")
        return _refusal((str(bin_ / "pip"), *pip, "--dry-run", "--only-binary", ":all:"))
    # 3.8 alone means 3.8.0, and some dependencies ask for a later point release.
    machine = ("--python-version", f"{trial.python}.10")
    machine += ("--python-platform", TARGETS[trial.plan.platform])
    uv = (str(bin_ / "uv"), *words[1:], "--dry-run", "--target", folder, "--no-progress", *machine)
    why = _refusal((*uv, "--only-binary", ":all:"))
    return _refusal(uv) if SOURCE_ALONE.search(why) else why


def _refusal(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return f"no answer in {TIMEOUT_S} s"
    return "" if done.returncode == 0 else " ".join(done.stderr.split())


def tools(folder: Path) -> Path:
    """Return the folder of uv and of a new pip, installed into a venv of their own where there are none yet."""
    bin_ = folder / "bin"
    if not (bin_ / "uv").exists():
        venv.create(folder, with_pip=True)
        install = (str(bin_ / "python"), "-m", "pip", "install", "-q", "-U", "uv", "pip")
        subprocess.run(install, check=True)
    return bin_


def main() -> int:
    """Try every command and print those that do not resolve."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--torch", metavar="SPEC")
    parser.add_argument("--pythons", action="store_true")
    parser.add_argument("--indexes", action="store_true")
    parser.add_argument("--pip", action="store_const", const="pip", default="uv", dest="installer")
    parser.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir()) / "bench-index")
    options = parser.parse_args()
    bin_ = tools(options.venv)
    which = {"pythons": options.pythons, "indexes": options.indexes}
    wanted = list(trials(options.torch, installer=options.installer, **which))
    refused = beyond = 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda trial: refusal(trial, bin_, folder), wanted)
        for trial, why in zip(wanted, answers, strict=True):
            if why:
                out_of_reach = DOWNLOAD.search(why) is not None
                refused, beyond = refused + (not out_of_reach), beyond + out_of_reach
                where = f"[Python {trial.python}, {trial.plan.platform}]"
                print(f"{trial.command}  {where}\n    {why}", flush=True)
    print(
        f"{len(wanted)} commands tried, {refused} do not resolve, {beyond} could not be tried: "
        "a dependency downloads from elsewhere while its metadata is built"
    )
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
