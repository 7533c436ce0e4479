"""A Python environment with a torch that is none: libraries of C that need fakes of cuBLAS, cuDNN and NCCL.

Its libtorch_cuda.so carries containers of GPU code, in the form in which nvcc writes them.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults.driver import SOURCES
from tests.unit.binaries.fat_binaries import container, entry

SITE = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
_BUNDLE = f"{SITE}/nvidia/cu13/lib"
_NEEDED = (
    "libcudart.so.13",
    "libnvrtc.so.13",
    "libcublasLt.so.13",
    "libcublas.so.13",
    "libcudnn.so.9",
    "libnccl.so.2",
)
_VERSION = '__version__ = "2.11.0+cu130"\ncuda = "13.0"\ngit_version = "0123456789"\nhip = None\n'
# What a torch does that the proof must not be in the way of: it takes a context on every GPU.
_TORCH = """
import ctypes
__version__ = "2.11.0+cu130"

class version:
    cuda, hip = "13.0", None

class cuda:
    @staticmethod
    def is_available():
        return True
    @staticmethod
    def device_count():
        return 0
    @staticmethod
    def init():
        driver, context = ctypes.CDLL("libcuda.so.1"), ctypes.c_void_p()
        driver.cuInit(0)
        code = driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0)
        if code:
            raise RuntimeError(f"CUDA error {code}")
"""


def code_for(*targets: str) -> bytes:
    """Return a container with an entry for each target."""
    return container(*map(entry, targets))


class Environment:
    """An environment in a folder of its own; what is said of it is written before ``make``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        compiler = shutil.which("gcc") or shutil.which("cc")
        if compiler is None:
            pytest.skip("no C compiler: the fake libraries cannot be built")
        self._compiler: str = compiler
        self.code = [code_for("sm_75", "sm_80", "sm_90", "sm_120")] * 20
        self.companions: dict[str, Sequence[bytes]] = {}

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")

    def make(self) -> Environment:
        """Write everything."""
        (self.folder / "bin").mkdir(parents=True)
        (self.folder / "bin" / "python").symlink_to(sys.executable)
        home = Path(sys.executable).resolve().parent
        settings = f"home = {home}\ninclude-system-site-packages = false\n"
        (self.folder / "pyvenv.cfg").write_text(settings)
        torch = self.folder / SITE / "torch"
        (torch / "lib").mkdir(parents=True)
        (torch / "__init__.py").write_text(_TORCH)
        (torch / "version.py").write_text(_VERSION)
        (self.folder / _BUNDLE).mkdir(parents=True)
        self._needed()
        libraries = [f"-l:{name}" for name in _NEEDED]
        rpath = "-Wl,-rpath,$ORIGIN/../../nvidia/cu13/lib"
        linked = [f"-L{self.folder / _BUNDLE}", *libraries, rpath, "-Wl,--no-as-needed"]
        for name in ("libtorch_global_deps.so", "libtorch_python.so", "libc10.so"):
            self._library(torch / "lib" / name, [], linked)
        self._library(torch / "lib" / "libtorch_cuda.so", self.code, linked)
        for path, code in self.companions.items():
            target = self.folder / SITE / path
            target.parent.mkdir(parents=True, exist_ok=True)
            self._library(target, code, [])
        return self

    def _needed(self) -> None:
        """Compile what torch needs once, and give each copy its name: compiling takes longest."""
        placeholder = "lib" + "x" * 40
        made = self.folder / placeholder
        self._compile(made, SOURCES / "fake_torch_libraries.c", f"-Wl,-soname,{placeholder}")
        data = made.read_bytes()
        made.unlink()
        for name in _NEEDED:
            soname = name.encode().ljust(len(placeholder), b"\0")
            named = data.replace(placeholder.encode(), soname)
            (self.folder / _BUNDLE / name).write_bytes(named)

    def bundled(self, name: str) -> Path:
        """Return where one library of NVIDIA's wheels lies."""
        return self.folder / _BUNDLE / name

    def replace(self, name: str, code: str) -> None:
        """Put a library made of *code* in the place of one of NVIDIA's."""
        source = self.folder / "other.c"
        source.write_text(f"{code}\n")
        self.bundled(name).unlink()
        self._compile(self.bundled(name), source)

    def _library(self, path: Path, code: Sequence[bytes], linked: Sequence[str]) -> None:
        data, source = path.with_suffix(".bin"), path.with_suffix(".c")
        data.write_bytes(b"".join(code))
        section = f'.section .nv_fatbin,\\"a\\"\\n.balign 8\\n.incbin \\"{data}\\"\\n.previous'
        source.write_text(f'__asm__("{section}");\n' if code else "int nothing;\n")
        order = [word for word in linked if word == "-Wl,--no-as-needed"]
        rest = [word for word in linked if word not in order]
        self._compile(path, source, *order, *rest)
        data.unlink()
        source.unlink()

    def _compile(self, path: Path, source: Path, *more: str) -> None:
        command = [self._compiler, "-shared", "-fPIC", "-o", str(path), str(source), *more]
        subprocess.run(command, check=True, timeout=300)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return an environment that nobody changes: flash-attn in it has no code for the GPU of the fake driver."""
    made = Environment(tmp_path_factory.mktemp("environment") / "venv")
    made.companions = {
        "torchvision/_C.so": [code_for("sm_75", "sm_80", "sm_90")] * 4,
        "flash_attn_2_cuda.cpython-312.so": [code_for("sm_80")] * 4,
    }
    return made.make()
