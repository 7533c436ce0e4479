"""Environments whose files hold what no tool writes: the probes answer, and none of them fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch_doctor.core.fact import Reason, Unavailable
from torch_doctor.probes.collect import collect
from torch_doctor.probes.driver import nvml
from torch_doctor.probes.host.port import LiveHost
from torch_doctor.probes.inquiry import Inquiry

CONFIGS = (
    "home = /usr/\0bin\nversion = 3.11.7\n",
    "home = /usr/bin\nversion = 3.\0\n",
    "home = /usr/bin\nversion = 99999999999999999999.1\ninclude-system-site-packages = true\0\n",
    "home = /usr/bin\nextends-environment = /a\0b\n",
    "\0\0\0",
    "home\n=\n= =\nversion = ..\n",
)


def environment(folder: Path, config: str) -> Path:
    site = folder / "lib" / "python3.11" / "site-packages"
    for name in ("torch/lib", "nvidia/cublas/lib", "torch-2.8.0.dist-info"):
        (site / name).mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").touch(mode=0o755)
    (folder / "pyvenv.cfg").write_text(config)
    (site / "odd.pth").write_text("/a\0b\n/proc/self/fd/nope\n")
    (site / "torch" / "version.py").write_text("__version__ = '2.8.0+cu128'\ncuda = '12.8'\n")
    (site / "torch-2.8.0.dist-info" / "METADATA").write_text("Name: torch\nVersion: 2.8.0\0\n")
    for name in ("libcublas.so.12abc", "libcudart.so.", "libcudnn.so.9..1", "libnccl.so.\udcff"):
        (site / "nvidia" / "cublas" / "lib" / name).write_bytes(b"\x7fELF")
        (site / "torch" / "lib" / name).write_bytes(b"\x7fELF")
    return folder


@pytest.mark.parametrize("config", CONFIGS)
def test_no_probe_fails_over_odd_files(config: str, tmp_path: Path) -> None:
    place = environment(tmp_path / "venv", config)
    libraries = place / "lib" / "python3.11" / "site-packages" / "nvidia" / "cublas" / "lib"
    host = LiveHost(environ={"LD_LIBRARY_PATH": str(libraries), "CUDA_HOME": "/a\0b"})

    facts = collect(host, Inquiry(python=str(place), static=True)).facts

    failed = {
        name: fact.detail
        for name, fact in facts.items()
        if name
        not in nvml.OWNS  # where there is a driver, its child cannot be given such an environment
        if isinstance(fact, Unavailable) and fact.reason is Reason.CRASHED
    }
    assert not failed
