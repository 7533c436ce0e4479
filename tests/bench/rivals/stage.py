"""The machine that a tool is shown: an nvidia-smi, and a stand-in for torch where the question names a build."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from tests.bench.rivals.cases import Case

PACKAGES = ("uv", "light-the-torch", "env-doctor", "cuda-doctor", "rigsolve==1.0.0")
TIMEOUT_S = 60


class Stage:
    """A folder with a venv of the others, an nvidia-smi and a stand-in for torch."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / ("Scripts" if os.name == "nt" else "bin")
        if not (self.bin / "python").exists():
            venv.create(folder, with_pip=True)
        quiet = ("--quiet", "--disable-pip-version-check")
        pip = (str(self.bin / "python"), "-m", "pip", "install", *quiet)
        done = subprocess.run((*pip, *PACKAGES), capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"the others cannot be installed here:\n{done.stderr.strip()}")
        self.fakes = Path(tempfile.mkdtemp(prefix="fakes-", dir=folder))

    def versions(self) -> dict[str, str]:
        """Return the releases that are asked."""
        words = "import importlib.metadata as m, sys; print(*(m.version(n) for n in sys.argv[1:]))"
        names = [package.partition("==")[0] for package in PACKAGES]
        argv = (str(self.bin / "python"), "-c", words, *names)
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
        return dict(zip(names, done.stdout.split(), strict=True))

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
        gpu = case.gpus[0] if case.gpus else ""
        values = {**case._asdict(), "gpu": gpu, "python": sys.executable}
        smi = self.fakes / "nvidia-smi"
        smi.write_text(_NVIDIA_SMI.format(**values), encoding="utf-8")
        smi.chmod(0o755)
        package = self.fakes / "site" / "torch"
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").unlink(missing_ok=True)
        if case.torch_cuda is None:
            package.rmdir()
        else:
            (package / "__init__.py").write_text(_TORCH.format(**values), encoding="utf-8")


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
