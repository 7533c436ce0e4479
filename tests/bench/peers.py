"""Our answers beside those of uv, light-the-torch, env-doctor and cuda-doctor, for twenty questions of docs/questions.yaml.

A bench, not a test: it goes online for the packages (and uv for the indexes), and what others answer is theirs to
change. Their tools look at the machine that they run on, so each runs behind an nvidia-smi of our making that tells of
the GPU and driver of the question, and where the question names a build, with a stand-in for that torch: it says what
the real one says on such a machine, is_available() too, which is true wherever the driver is new enough. A CUDA toolkit on the machine that runs the bench is
seen by those that look for one.

    python tests/bench/peers.py                 make a venv under the temporary folder, install, ask, print a table
    python tests/bench/peers.py --venv DIR      use (or make) the venv in DIR
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease  # noqa: E402  the checkout comes first
from torch_doctor.matrix.load import load_matrix  # noqa: E402
from torch_doctor.matrix.query import (  # noqa: E402
    architecture_of,
    driver_branch,
    driver_floor,
    gpus_named,
    torch_build,
)
from torch_doctor.matrix.store import Matrix  # noqa: E402

from docs.pages.questions import answer, questions  # noqa: E402

PACKAGES = ("uv", "light-the-torch", "env-doctor", "cuda-doctor")
COUNT = 20
TIMEOUT_S = 60
NO_ANSWER = "-"


class Case(NamedTuple):
    """One question as a machine: a GPU, a driver and perhaps an installed build."""

    ask: str
    run: str
    gpu: str
    capability: str
    driver: str
    driver_cuda: str
    torch: str | None
    torch_cuda: str | None
    archs: tuple[str, ...]
    available: bool


def cases(matrix: Matrix) -> Iterator[Case]:
    """Yield the questions that describe one Linux machine on x86_64 with a driver, as many as are compared."""
    found = [case for question in questions() if (case := _case(question, matrix))]
    which = [case for case in found if case.torch is None]
    would = [case for case in found if case.torch]
    half = min(len(which), COUNT // 2)
    yield from which[:half]
    yield from would[: COUNT - half]


def _case(question: dict[str, str], matrix: Matrix) -> Case | None:
    words = shlex.split(question["run"])
    given = {flag: words[i + 1] for i, flag in enumerate(words[:-1]) if flag.startswith("--")}
    others = {"--platform", "--feature", "--python", "--glibc", "--image"}
    if words.count("--gpu") != 1 or "--driver" not in given or others & set(given):
        return None
    rows = gpus_named(matrix, given["--gpu"]).rows
    capabilities = {text for row in rows for text in row.capabilities}
    branch = driver_branch(matrix, DriverRelease.parse(given["--driver"]))
    if len(capabilities) != 1 or branch is None:
        return None
    driver = (
        given["--driver"]
        if "." in given["--driver"]
        else branch.last_linux or f"{branch.branch}.54"
    )
    torch = given.get("--torch") if words[0] == "matrix" else None
    if torch and "--cuda" in given:
        torch += "+cu" + given["--cuda"].replace(".", "")
    build = (
        torch_build(matrix, *torch.split("+"), "linux-x86_64") if torch and "+" in torch else None
    )
    if torch and (build is None or build.cuda is None):
        return None
    floor = driver_floor(matrix, CudaVersion.parse(build.cuda)) if build and build.cuda else None
    return Case(
        ask=question["ask"],
        run=question["run"],
        gpu=rows[0].name,
        capability=capabilities.pop(),
        driver=driver,
        driver_cuda=branch.cuda,
        torch=torch,
        torch_cuda=build.cuda if build else None,
        archs=(build.archs or ()) if build else (),
        available=floor is not None
        and DriverRelease.parse(driver) >= floor.driver
        and _drives(matrix, branch.branch, rows[0].capabilities[0]),
    )


def _drives(matrix: Matrix, branch: int, capability: str) -> bool:
    row = architecture_of(matrix, ComputeCapability.parse(capability))
    return row is None or (row.first_branch or 0) <= branch <= (row.last_branch or branch)


class Stage:
    """A folder with a venv of the others, an nvidia-smi and a stand-in for torch."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / ("Scripts" if os.name == "nt" else "bin")
        if not (self.bin / "python").exists():
            venv.create(folder, with_pip=True)
        pip = (
            str(self.bin / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        )
        done = subprocess.run((*pip, *PACKAGES), capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"the others cannot be installed here:\n{done.stderr.strip()}")
        self.fakes = Path(tempfile.mkdtemp(prefix="fakes-", dir=folder))

    def run(
        self, case: Case, *argv: str, timeout_s: int = TIMEOUT_S, **environ: str
    ) -> tuple[int, str]:
        """Run a command of the venv on the machine of *case*; return its exit code and all that it printed."""
        self._pose(case)
        path = f"{self.fakes}{os.pathsep}{self.bin}{os.pathsep}{os.environ['PATH']}"
        env = {
            **os.environ,
            "PATH": path,
            "PYTHONPATH": str(self.fakes / "site"),
            "NO_COLOR": "1",
            **environ,
        }
        try:
            done = subprocess.run(
                (str(self.bin / argv[0]), *argv[1:]), capture_output=True, text=True, check=False, env=env,
                timeout=timeout_s, cwd=self.fakes, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            return 1, f"{type(error).__name__}"
        return done.returncode, done.stdout + done.stderr

    def _pose(self, case: Case) -> None:
        smi = self.fakes / "nvidia-smi"
        smi.write_text(
            _NVIDIA_SMI.format(python=sys.executable, **case._asdict()), encoding="utf-8"
        )
        smi.chmod(0o755)
        package = self.fakes / "site" / "torch"
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").unlink(missing_ok=True)
        if case.torch is None:
            package.rmdir()
        else:
            (package / "__init__.py").write_text(_TORCH.format(**case._asdict()), encoding="utf-8")


def ours(case: Case) -> str:
    """Return our answer."""
    said = answer(case.run)
    reason = f" {said.reasons[0]}" if said.text == "No." and said.reasons else ""
    return said.text.rstrip(".") + (f":{reason}" if reason else "")


def uv(stage: Stage, case: Case) -> str:
    """Return the index that uv takes first for the driver."""
    if case.torch:
        return NO_ANSWER
    _, said = stage.run(
        case, "uv", "pip", "install", "--verbose", "--dry-run", "--torch-backend=auto", "--python",
        str(stage.bin / "python"), "torch", UV_CUDA_DRIVER_VERSION=case.driver, UV_HTTP_TIMEOUT="10", UV_HTTP_RETRIES="0",
    )  # fmt: skip
    if chosen := re.search(r"\+ torch==(\S+)", said):
        return f"torch {chosen[1]}"
    asked = re.search(r"/whl/(cu\d+|cpu)\b", said)
    return f"asks for {asked[1]} first" if asked else "CPU, or no answer"


def light_the_torch(stage: Stage, case: Case) -> str:
    """Return the newest backend that light-the-torch finds compatible."""
    if case.torch:
        return NO_ANSWER
    words = "from light_the_torch._cb import detect_compatible_computation_backends as d; print(max(d()))"
    code, said = stage.run(case, "python", "-c", words)
    return f"up to {said.strip()}" if code == 0 else "fails"


def env_doctor(stage: Stage, case: Case) -> str:
    """Return the command that env-doctor gives, or what it thinks of the build."""
    code, said = stage.run(
        case, "env-doctor", *(("check",) if case.torch else ("install", "torch"))
    )
    if case.torch:
        faults = [
            w for w in ("CRITICAL CONFLICT", "ARCHITECTURE MISMATCH", "Traceback") if w in said
        ]
        return f"{', '.join(faults) or 'no fault'}, exit {code}"
    found = re.search(r"pip install ([^\n]*torch[^\n]*)", said)
    words = (
        re.sub(r"(--index-url|--extra-index-url)\s+https?://\S*/", "", found[1])
        if found
        else "no command"
    )
    return " ".join(
        word for word in words.split() if not word.startswith(("torchvision", "torchaudio"))
    )


def cuda_doctor(stage: Stage, case: Case) -> str:
    """Return what cuda-doctor calls the machine; it recommends nothing."""
    if not case.torch:
        return NO_ANSWER
    code, said = stage.run(case, "cuda-doctor", "diagnose", "-f", "json")
    try:
        document: dict[str, Any] = json.loads(said[said.index("{") :])
    except ValueError:
        return f"no JSON, exit {code}"
    codes = [
        one["code"]
        for one in document["issues"]
        if one["severity"].lower() in ("error", "critical")
    ]
    return f"{document['summary']['status']} {' '.join(codes)}".strip() + f", exit {code}"


PEERS = {
    "uv": uv,
    "light-the-torch": light_the_torch,
    "env-doctor": env_doctor,
    "cuda-doctor": cuda_doctor,
}


def main() -> None:
    """Ask everybody everything, and print a Markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--venv", type=Path, help="where the others are installed (default: a temporary folder)"
    )
    named = parser.parse_args().venv
    with tempfile.TemporaryDirectory(prefix="peers-") as scratch:
        stage = Stage((named or Path(scratch) / "venv").resolve())
        print(f"| question | torch-doctor | {' | '.join(PEERS)} |")
        print("|---" * (len(PEERS) + 2) + "|")
        for case in cases(load_matrix()):
            said = (ours(case), *(peer(stage, case) for peer in PEERS.values()))
            print(
                f"| {case.ask} | {' | '.join(textwrap.shorten(one, 120).replace('|', '/') for one in said)} |",
                flush=True,
            )


_NVIDIA_SMI = """#!{python}
import sys
words = sys.argv[1:]
query = next((word.partition("=")[2] for word in words if word.startswith("--query-gpu=")), None)
values = {{"index": "0", "name": "{gpu}", "uuid": "GPU-0", "memory.total": "16384 MiB", "compute_cap": "{capability}",
          "driver_version": "{driver}", "count": "1"}}
if query:
    if not any("noheader" in word for word in words):
        print(query)
    print(", ".join(values.get(field, "[N/A]") for field in query.split(",")))
elif "-x" in words:
    print('<?xml version="1.0" ?><nvidia_smi_log><driver_version>{driver}</driver_version>'
          '<cuda_version>{driver_cuda}</cuda_version><attached_gpus>1</attached_gpus></nvidia_smi_log>')
elif "-L" in words:
    print("GPU 0: {gpu} (UUID: GPU-0)")
else:
    old = int("{driver}".split(".")[0]) < 610
    names = ("Driver Version", "CUDA Version") if old else ("KMD Version", "CUDA UMD Version")
    print("+" + "-" * 89 + "+")
    print(f"| NVIDIA-SMI {driver}    {{names[0]}}: {driver}    {{names[1]}}: {driver_cuda}     |")
    print("+" + "-" * 89 + "+")
    print("|   0  {gpu}   Off | 00000000:01:00.0 Off |  N/A |")
"""

_TORCH = '''"""A stand-in: it says what torch {torch} says on the machine of the question, and can do nothing."""
import sys, types
__version__ = "{torch}"
def _module(name, **members):
    made = types.ModuleType("torch." + name)
    made.__dict__.update(members)
    sys.modules["torch." + name] = made
    return made
version = _module("version", __version__=__version__, cuda="{torch_cuda}", hip=None, git_version="0" * 40)
_capability = tuple(int(part) for part in "{capability}".split("."))
cuda = _module(
    "cuda", is_available=lambda: {available}, device_count=lambda: int({available}), current_device=lambda: 0,
    get_device_name=lambda *_: "{gpu}", get_device_capability=lambda *_: _capability,
    get_arch_list=lambda: list({archs}), is_initialized=lambda: False,
    get_device_properties=lambda *_: types.SimpleNamespace(name="{gpu}", total_memory=1 << 34, major=_capability[0], minor=_capability[1]),
)
backends = _module("backends", cudnn=_module("backends.cudnn", version=lambda: 90100, is_available=lambda: True, enabled=True))
'''

if __name__ == "__main__":
    main()
