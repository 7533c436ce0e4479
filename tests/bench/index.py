"""Whether the package index that the user has configured resolves every command of our plans, dependencies and all.

A bench, not a test: it goes online. uv and pip read the metadata of wheels by ranges and install nothing (--dry-run).
Commands with an index of their own are tried with --indexes. Each command is asked for every machine and Python of its
plan: uv has options for that, and index_pip.py hands pip's own resolver the markers of the Python that is meant.

    python tests/bench/index.py                     a plan of every torch on the default index, alone and with companions
    python tests/bench/index.py --torch '>=2.8'     of these releases
    python tests/bench/index.py --pythons           with each Python of a plan, not only its newest
    python tests/bench/index.py --pip               the pip commands
    python tests/bench/index.py --journal FILE      keeps each answer there; what it has already is not asked again
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import re
import shlex
import subprocess
import sys
import tempfile
import venv
from collections import Counter, defaultdict
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
AT_ONCE = 4
TIMEOUT_S = 600  # the first time, the metadata of hundreds of wheels is read
# A few dependencies have no wheel, only a source archive, of which uv builds the metadata.
SOURCE_ALONE = re.compile(r"Wheels are required for `[\w.-]+`")
# vllm-nccl-cu12, which vLLM 0.4.1 asks for, takes its library from GitHub when it is built, and NVIDIA's stubs
# (tensorrt-cu12-libs 10.13) take a wheel from an index of NVIDIA's: an index alone does not do.
DOWNLOAD = re.compile(r"<urlopen error|wheel_stub\.")
# A machine that had much else to do is asked again.
UNANSWERED = re.compile(r"no answer in|pip had ended|pip ended without")


class Trial(NamedTuple):
    """One command and the Python that it is for."""

    plan: Plan
    python: str
    installer: str

    @property
    def command(self) -> str:
        return self.plan.commands[self.installer]

    @property
    def requirements(self) -> list[str]:
        """The words after "install"; what is built against torch is left out: a dry run would build it."""
        words = shlex.split(self.command.splitlines()[0])
        return words[words.index("install") + 1 :]

    @property
    def where(self) -> tuple[str, str]:
        return self.python, self.plan.platform

    @property
    def key(self) -> str:
        return " ".join((self.installer, *self.where, *self.requirements))


def trials(torch: str | None, *, pythons: bool, indexes: bool, installer: str) -> Iterator[Trial]:
    """Yield each command once, newest torch first."""
    matrix = load_matrix()
    seen = set()
    for system, gpus in GPUS.items():
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
                    for python in _pythons(plan)[: None if pythons else 1]:
                        yield Trial(plan, python, installer)


def _pythons(plan: Plan) -> list[str]:
    tags = [tag.removeprefix("cp3") for tag in plan.python if tag[-1].isdigit()]
    return [f"3.{number}" for number in sorted(map(int, tags), reverse=True)]


def by_uv(wanted: list[Trial], bin_: Path) -> Iterator[tuple[Trial, str]]:
    """Yield each command with why uv refuses it, or nothing."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(lambda trial: _uv_refusal(trial, bin_, folder), wanted)
        yield from zip(wanted, answers, strict=True)


def _uv_refusal(trial: Trial, bin_: Path, folder: str) -> str:
    # 3.8 alone means 3.8.0, and some dependencies ask for a later point release.
    machine = ("--python-version", f"{trial.python}.10")
    machine += ("--python-platform", TARGETS[trial.plan.platform])
    uv = (str(bin_ / "uv"), "pip", "install", *trial.requirements, "--dry-run", "--target", folder)
    why = _refusal((*uv, "--no-progress", *machine, "--only-binary", ":all:"))
    return _refusal((*uv, "--no-progress", *machine)) if SOURCE_ALONE.search(why) else why


def _refusal(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return f"no answer in {TIMEOUT_S} s"
    return "" if done.returncode == 0 else " ".join(done.stderr.split())


def by_pip(wanted: list[Trial], bin_: Path) -> Iterator[tuple[Trial, str]]:
    """Yield each command with why pip refuses it, or nothing: one process for each Python and machine."""
    alike = defaultdict(list)
    for trial in wanted:
        alike[trial.where].append(trial)
    answers: queue.SimpleQueue[tuple[Trial, str]] = queue.SimpleQueue()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for some in alike.values():
            pool.submit(_ask_pip, some, bin_, answers)
        for _ in wanted:
            yield answers.get()


def _ask_pip(some: list[Trial], bin_: Path, answers: queue.SimpleQueue[tuple[Trial, str]]) -> None:
    asked = (*some[0].where, str(bin_.parent / "metadata"))
    command = (str(bin_ / "python"), str(Path(__file__).with_name("index_pip.py")), *asked)
    left = iter(some)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as pip:
        for trial in left:
            pip.stdin.write(json.dumps(trial.requirements) + "\n")
            pip.stdin.flush()
            line = pip.stdout.readline()
            answers.put((trial, json.loads(line) if line else "pip ended without an answer"))
            if not line:
                break
        pip.stdin.close()
    for trial in left:
        answers.put((trial, "not asked: pip had ended"))


def tools(folder: Path) -> Path:
    """Return the folder of uv and of a new pip, installed into a venv of their own where there are none yet."""
    bin_ = folder / "bin"
    if not (bin_ / "uv").exists():
        venv.create(folder, with_pip=True)
        install = (str(bin_ / "python"), "-m", "pip", "install", "-q", "-U", "uv", "pip")
        subprocess.run(install, check=True)
    return bin_


def asked_before(journal: Path) -> dict[str, str]:
    """Return the answers that a journal holds, by the keys of their commands."""
    if not journal.exists():
        return {}
    answers = dict(json.loads(line) for line in journal.read_text().splitlines())
    return {key: why for key, why in answers.items() if not UNANSWERED.search(why)}


def main() -> int:
    """Try every command and print those that do not resolve."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--torch", metavar="SPEC")
    parser.add_argument("--pythons", action="store_true")
    parser.add_argument("--indexes", action="store_true")
    parser.add_argument("--pip", action="store_const", const="pip", default="uv", dest="installer")
    parser.add_argument("--journal", type=Path, default=Path(os.devnull))
    parser.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir()) / "bench-index")
    options = parser.parse_args()
    bin_ = tools(options.venv)
    which = {"pythons": options.pythons, "indexes": options.indexes}
    wanted = list(trials(options.torch, installer=options.installer, **which))
    answers = asked_before(options.journal)
    left = [trial for trial in wanted if trial.key not in answers]
    with options.journal.open("a") as journal:
        for trial, why in {"uv": by_uv, "pip": by_pip}[options.installer](left, bin_):
            answers[trial.key] = why
            print(json.dumps((trial.key, why)), file=journal, flush=True)
    return summary(wanted, answers)


def summary(wanted: list[Trial], answers: dict[str, str]) -> int:
    """Print what does not resolve, and how many of each machine and Python do."""
    tried, refused, beyond = Counter(), Counter(), Counter()
    for trial in wanted:
        why = answers[trial.key]
        tried[trial.where] += 1
        if why:
            (beyond if DOWNLOAD.search(why) else refused)[trial.where] += 1
            print(f"{trial.command}  [Python {trial.python}, {trial.plan.platform}]\n    {why}")
    for python, machine in sorted(tried, key=lambda where: (where[1], int(where[0][2:]))):
        where = (python, machine)
        print(f"{machine} {python}: {tried[where]}, {refused[where]} not, {beyond[where]} untried")
    print(
        f"{tried.total()} commands tried, {refused.total()} do not resolve, {beyond.total()} could "
        "not be tried: a dependency downloads from elsewhere while its metadata is built"
    )
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
