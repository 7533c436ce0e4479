"""Fixtures: a driver that is not there, made of two small C libraries and a file that says what they answer."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.probes.host.port import LiveHost
from torch_doctor.probes.torch import loader

SOURCES = Path(__file__).parent
Keys = Mapping[str, Any]
FakeDriver = Callable[..., dict[str, str]]
_LIBRARIES = {"nvml": ("fake_nvml.c", "libnvidia-ml"), "cuda": ("fake_cuda.c", "libcuda")}

no_real_driver = pytest.mark.skipif(
    any(
        True
        for name in ("libcuda.so.1", "libnvidia-ml.so.1")
        for _ in loader.candidates(LiveHost(environ={}), name)
    ),
    reason="this machine has a driver, which the loader would find",
)


@pytest.fixture(scope="session")
def fake_library(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that compiles a fake (``nvml`` or ``cuda``), without the symbols in *missing*."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    folder = tmp_path_factory.mktemp("fake-driver")
    made: dict[tuple[str, tuple[str, ...]], Path] = {}

    def build(kind: str, missing: tuple[str, ...] = ()) -> Path:
        if compiler is None:
            pytest.skip("no C compiler: the fake driver cannot be built")
        if (kind, missing) not in made:
            target = folder / f"{len(made)}-{_LIBRARIES[kind][1]}.so"
            compile_library(kind, target, missing, compiler)
            made[kind, missing] = target
        return made[kind, missing]

    return build


@pytest.fixture
def fake_driver(tmp_path: Path, fake_library: Callable[..., Path]) -> FakeDriver:
    """Return a function that installs a fake driver for one test and returns the environment that finds it.

    ``fake_driver({"count": 8, "gpu.cc": "9.0", "nvmlInit.fault": 18}, cuda={"cuInit.fault": 802})``: the keys are
    those of fake_nvml.c and fake_cuda.c; None leaves a library out, and *missing* symbols are left out of NVML.
    Without *cuda*, libcuda agrees with NVML's ``cuda`` and ``count``.
    """

    def install(
        nvml: Keys | None = None,
        *,
        cuda: Keys | bool | None = True,
        missing: tuple[str, ...] = (),
        no_nvml: bool = False,
        where: str = "driver",
    ) -> dict[str, str]:
        keys = dict(nvml or {})
        folder = tmp_path / where
        folder.mkdir(parents=True, exist_ok=True)
        release = str(keys.get("driver", "550.54.15"))
        if not no_nvml:
            _place(fake_library("nvml", missing), folder, "libnvidia-ml", release)
        if cuda is True:
            cuda = {name: keys[name] for name in ("cuda", "count") if name in keys}
        if isinstance(cuda, Mapping):
            _place(fake_library("cuda"), folder, "libcuda", release)
        return {
            "PATH": os.environ.get("PATH", ""),
            "LD_LIBRARY_PATH": str(folder),
            "FAKE_NVML": _write(folder / "nvml.keys", keys),
            "FAKE_CUDA": _write(folder / "cuda.keys", cuda if isinstance(cuda, Mapping) else {}),
        }

    return install


def compile_library(
    kind: str, target: Path, missing: tuple[str, ...] = (), compiler: str = "cc"
) -> None:
    """Compile a fake (``nvml`` or ``cuda``), without the symbols in *missing*."""
    source, stem = _LIBRARIES[kind]
    renamed = [f"-D{symbol}=absent_{symbol}" for symbol in missing]
    flags = ["-shared", "-fPIC", "-O1", "-Wall", f"-Wl,-soname,{stem}.so.1", *renamed]
    command = [compiler, *flags, "-o", str(target), str(SOURCES / source)]
    subprocess.run(command, check=True, timeout=120)


def lay_out(folder: Path, release: str) -> None:
    """Compile a whole fake driver into a new folder, for what is no test; its answers are in FAKE_NVML and FAKE_CUDA."""
    folder.mkdir()
    for kind, (_, stem) in _LIBRARIES.items():
        real = folder / f"{stem}.so.{release}"
        compile_library(kind, real)
        (folder / f"{stem}.so.1").symlink_to(real.name)


def _place(library: Path, folder: Path, stem: str, release: str) -> None:
    """Lay a library out as a driver does: the file carries the release, libX.so.1 is a link to it."""
    real = folder / f"{stem}.so.{release}"
    shutil.copy(library, real)
    link = folder / f"{stem}.so.1"
    link.unlink(missing_ok=True)
    link.symlink_to(real.name)


def _write(path: Path, keys: Keys) -> str:
    path.write_text("".join(f"{key}={value}\n" for key, value in keys.items()), encoding="utf-8")
    return str(path)
