"""Ten states of a machine, end to end: fake driver libraries, real files, the program's own verdict and exit code.

Other tools give most of these the same answer. A gate has to tell them apart.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.cli.conftest import Run
from tests.faults.driver import FakeDriver
from tests.resting import resting, rests_on, rests_on_cause
from tests.unit.probes.env_trees import torch_files, write
from tests.unit.probes.tree import TreeHost, make

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="fakes a Linux driver")

PYTHON = f"python{sys.version_info[0]}.{sys.version_info[1]}"
CU130 = "sm_75 sm_80 sm_86 sm_90 sm_100 sm_120"
CU126 = "sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90"


class Card(NamedTuple):
    name: str
    capability: str
    pci_id: str


A100 = Card("NVIDIA A100-SXM4-80GB", "8.0", "20b2")
V100 = Card("Tesla V100-SXM2-16GB", "7.0", "1db1")
RTX4090 = Card("NVIDIA GeForce RTX 4090", "8.9", "2684")
RTX5090 = Card("NVIDIA GeForce RTX 5090", "12.0", "2b85")
RTX3060 = Card("NVIDIA GeForce RTX 3060", "8.6", "2503")
GB10 = Card("NVIDIA GB10", "12.1", "2e12")


class Torch(NamedTuple):
    version: str
    cuda: str | None
    arch: str = CU130

    def files(self, site: str) -> dict[str, str | bytes]:
        gencode = ";".join(f"-gencode;arch=compute_{a[3:]},code={a}" for a in self.arch.split())
        return torch_files(
            site, version=self.version, cuda=self.cuda, arch=self.arch, gencode=gencode, needed=()
        )


class State(NamedTuple):
    """What is on the machine and what must be said of it."""

    card: Card | None
    driver: str | None
    torch: Torch | None
    verdict: str
    cause: str | None
    code: int


class FakeMachine(TreeHost):
    """A tree of files in which the driver's folder and the environment are where they really are."""

    outside: tuple[str, ...] = ()

    def real_path(self, path: str) -> str:
        return path if path.startswith(self.outside) else super().real_path(path)


STATES = {
    "A100, 580, CUDA 13 build": State(
        A100, "580.95.05", Torch("2.13.0+cu130", "13.0"), "healthy", None, 0
    ),
    "RTX 4090, 580, CUDA 13 build": State(
        RTX4090, "580.95.05", Torch("2.13.0+cu130", "13.0"), "healthy", None, 0
    ),
    "A100, 535, CUDA 12.6 build": State(
        A100, "535.183.01", Torch("2.9.1+cu126", "12.6", CU126), "healthy", None, 0
    ),
    "A100, 550, CUDA 13 build": State(
        A100,
        "550.163.01",
        Torch("2.13.0+cu130", "13.0"),
        "broken",
        "driver-too-old-for-cuda-build",
        1,
    ),
    "V100, 580, CUDA 13 build": State(
        V100, "580.95.05", Torch("2.13.0+cu130", "13.0"), "broken", "gpu-arch-not-in-wheel", 1
    ),
    "RTX 5090, 570, CUDA 12.4 build": State(
        RTX5090,
        "570.211.01",
        Torch("2.6.0+cu124", "12.4", CU126),
        "broken",
        "gpu-arch-not-in-wheel",
        1,
    ),
    "A100, CPU build": State(
        A100, "580.95.05", Torch("2.13.0+cpu", None), "broken", "cpu-only-torch-build", 1
    ),
    "a driver, no torch": State(A100, "580.95.05", None, "broken", "torch-not-installed", 1),
    "a GPU, no driver, no torch": State(A100, None, None, "broken", "no-driver-or-module", 1),
    "no GPU, no driver, no torch": State(None, None, None, "cpu-only", "torch-not-installed", 0),
    # Wrong answers of other tools to healthy machines.
    "RTX 3060 runs the code for 8.0": State(
        RTX3060, "580.95.05", Torch("2.11.0+cu130", "13.0"), "healthy", None, 0
    ),
    "GB10 runs the code for 12.0": State(
        GB10, "580.95.05", Torch("2.11.0+cu130", "13.0"), "healthy", None, 0
    ),
    "a driver of the 610 branch": State(
        A100, "610.57.04", Torch("2.13.0+cu130", "13.0"), "healthy", None, 0
    ),
    "A100, 470, CUDA 11.8 build": State(
        A100, "470.256.02", Torch("2.7.1+cu118", "11.8", CU126), "healthy", None, 0
    ),
}


def machine(state: State, folder: Path, fake_driver: FakeDriver, **stub: str) -> FakeMachine:
    """Build the machine of *state* under *folder*."""
    files: dict[str, str] = {"/etc/os-release": 'ID=ubuntu\nPRETTY_NAME="Ubuntu 24.04 LTS"\n'}
    environ: Mapping[str, str] = {"PATH": "/usr/bin:/bin"}
    device = "/sys/bus/pci/devices/0000:01:00.0"
    if state.card:
        bound = "DRIVER=nvidia\n" if state.driver else ""
        files[f"{device}/uevent"] = (
            f"{bound}PCI_CLASS=30200\nPCI_ID=10DE:{state.card.pci_id.upper()}\n"
        )
    else:
        files["/sys/bus/pci/devices/0000:00:00.0/uevent"] = "PCI_CLASS=60000\nPCI_ID=8086:1237\n"
    if state.driver and state.card:
        branch = int(state.driver.split(".")[0])
        cuda = {535: 12020, 550: 12040, 570: 12080, 580: 13000, 610: 13030, 470: 11040}[branch]
        keys: dict[str, Any] = {
            "driver": state.driver,
            "cuda": cuda,
            "count": 1,
            "gpu.name": state.card.name,
            "gpu.cc": state.card.capability,
            "gpu.bus": "00000000:01:00.0",
        }
        environ = fake_driver(keys)
        files |= {
            "/proc/driver/nvidia/version": f"NVRM version: NVIDIA UNIX x86_64 Kernel Module  {state.driver}  now\n",
            "/sys/module/nvidia/version": f"{state.driver}\n",
            "/sys/module/nvidia_uvm/refcnt": "0\n",
            **dict.fromkeys(("/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm"), ""),
        }
    made = make(folder / "root", files, environ=environ)
    host = FakeMachine(made.root, made.environ, {"sys_platform": "linux", "machine": "x86_64"})
    host.outside = (str(folder / "driver"), str(folder / "env"), sys.prefix, sys.base_prefix)
    _environment(state, folder / "env", stub)
    return host


def _environment(state: State, prefix: Path, stub: Mapping[str, str]) -> None:
    site = f"/lib/{PYTHON}/site-packages"
    version = ".".join(map(str, sys.version_info[:3]))
    home = Path(sys.executable).resolve().parent
    write(prefix, {"pyvenv.cfg": f"home = {home}\nversion = {version}\n", f"{site}/": ""})
    (prefix / "bin").mkdir()
    (prefix / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    if state.torch:
        write(prefix, {**state.torch.files(site), **{f"{site}/{k}": v for k, v in stub.items()}})


@pytest.mark.parametrize("name", [resting(state.cause, name) for name, state in STATES.items()])
def test_state(name: str, run: Run, tmp_path: Path, fake_driver: FakeDriver) -> None:
    state = STATES[name]
    host = machine(state, tmp_path, fake_driver)

    ran = run("--json", "--static", "--python", tmp_path / "env", host=host)

    report = ran.report
    messages = [(f["code"], f["message"]) for f in report["findings"]]
    assert report["verdict"] == state.verdict, (messages, report["why"])
    assert (report["primary"] or {}).get("cause") == state.cause, messages
    assert ran.code == state.code
    if state.verdict == "healthy":
        assert [f for f in report["findings"] if f["severity"] != "note"] == []


@rests_on_cause("cuda-libs-missing")
def test_an_import_that_fails_is_not_called_a_missing_torch(
    run: Run, tmp_path: Path, fake_driver: FakeDriver
) -> None:
    state = STATES["A100, 580, CUDA 13 build"]
    error = (
        "ImportError('libcudnn.so.9: cannot open shared object file: No such file or directory')"
    )
    stub = {"torch/__init__.py": f"raise {error}\n"}
    host = machine(state, tmp_path, fake_driver, **stub)

    ran = run("--json", "--python", tmp_path / "env", host=host)

    assert ran.report["verdict"] == "broken"
    assert ran.report["primary"]["cause"] == "cuda-libs-missing"
    assert "libcudnn.so.9" in ran.report["primary"]["message"]
    assert ran.code == 1


@rests_on("TD413", "TD423")
def test_a_torch_that_aborts_costs_its_own_process_alone(
    run: Run, tmp_path: Path, fake_driver: FakeDriver
) -> None:
    state = STATES["A100, 580, CUDA 13 build"]
    host = machine(state, tmp_path, fake_driver, **{"torch/__init__.py": "import os; os.abort()\n"})

    ran = run("--json", "--python", tmp_path / "env", host=host)

    assert (ran.report["verdict"], ran.code) == ("broken", 1)
    assert ran.report["primary"]["cause"] == "torch-install-broken"


@rests_on("TD113")
def test_a_mismatch_of_module_and_library_is_named(
    run: Run, tmp_path: Path, fake_driver: FakeDriver
) -> None:
    host = machine(STATES["A100, 580, CUDA 13 build"], tmp_path, fake_driver)
    keys = tmp_path / "driver" / "nvml.keys"
    keys.write_text(keys.read_text() + "nvmlInit.fault=18\n")

    ran = run("--json", "--static", "--python", tmp_path / "env", host=host)

    assert ran.report["primary"]["cause"] == "driver-library-version-mismatch"
    assert ran.code == 1


def test_nothing_is_demanded_of_a_wheel_that_brings_its_own_libraries(
    run: Run, tmp_path: Path, fake_driver: FakeDriver
) -> None:
    """No nvcc, no toolkit, no system cuDNN, no LD_LIBRARY_PATH of one's own: nothing to say."""
    host = machine(STATES["A100, 580, CUDA 13 build"], tmp_path, fake_driver)

    report = run("--json", "--static", "--python", tmp_path / "env", host=host).report

    ended = (
        ["python-at-end-of-life"] if sys.version_info < (3, 11) else []
    )  # of the tests themselves
    assert [one["name"] for one in report["findings"]] == ended
