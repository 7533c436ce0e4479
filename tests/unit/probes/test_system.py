"""The operating system."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.fact import Known, Reason
from torch_doctor.probes.host.port import LiveHost
from torch_doctor.probes.machine import env_vars, system

from tests.unit.probes.tree import make, reason

UBUNTU = 'NAME="Ubuntu"\nPRETTY_NAME="Ubuntu 24.04.1 LTS"\nID=ubuntu\n# a comment\nBROKEN\n'


def test_a_linux_host(tmp_path: Path) -> None:
    host = make(
        tmp_path,
        {
            "/etc/os-release": UBUNTU,
            "/sys/class/infiniband/mlx5_0/x": "",
            "/sys/class/infiniband/mlx5_1/x": "",
        },
        libc="glibc 2.39",
        effective_uid=1000,
        shm_bytes=[64 << 20, 3 << 20],
    )
    found = dict(system.probe(host))
    assert set(found) == set(system.OWNS)
    expected = {
        "os_family": "linux",
        "os_name": "Ubuntu 24.04.1 LTS",
        "os_id": "ubuntu",
        "kernel_release": "6.8.0-50-generic",
        "host_arch": "x86_64",
        "libc": "glibc 2.39",
        "wsl": False,
        "effective_uid": 1000,
        "shm_mib": 64,
        "shm_free_mib": 3,
        "rdma_devices": 2,
    }
    assert {name: found[name].value for name in expected} == expected
    assert reason(found["jetson"]) is Reason.NOT_PRESENT


def test_this_machine_answers() -> None:
    found = dict(system.probe(LiveHost()))
    assert set(found) == set(system.OWNS)
    assert isinstance(found["os_family"], Known)
    assert isinstance(found["host_arch"], Known)


@pytest.mark.parametrize(
    ("files", "release"),
    [
        (
            {
                system.TEGRA_RELEASE: "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic\n"
            },
            "36.4.3",
        ),
        ({system.TEGRA_RELEASE: "# R32 (release), REVISION: 7.1, GCID: 1\n"}, "32.7.1"),
        (
            {system.TEGRA_MODEL: "NVIDIA Jetson AGX Orin Developer Kit\0"},
            "unknown release (NVIDIA Jetson AGX Orin Developer Kit)",
        ),
    ],
)
def test_jetson(tmp_path: Path, files: dict[str, str], release: str) -> None:
    assert dict(system.probe(make(tmp_path, files)))["jetson"].value == release


def test_another_arm_board_is_no_jetson(tmp_path: Path) -> None:
    found = dict(system.probe(make(tmp_path, {system.TEGRA_MODEL: "Raspberry Pi 5\0"})))
    assert reason(found["jetson"]) is Reason.NOT_PRESENT


def test_musl(tmp_path: Path) -> None:
    files = {
        "/lib/ld-musl-x86_64.so.1": "",
        system.APK_DATABASE: "C:Q1\nP:busybox\nV:1.36\n\nC:Q2\nP:musl\nV:1.2.5-r0\n",
    }
    assert dict(system.probe(make(tmp_path, files, libc=None)))["libc"].value == "musl 1.2.5"


def test_wsl_and_other_systems(tmp_path: Path) -> None:
    assert system.is_wsl(make(tmp_path, kernel_release="5.15.153.1-microsoft-standard-WSL2"))
    found = dict(
        system.probe(make(tmp_path, sys_platform="win32", machine="AMD64", effective_uid=None))
    )
    assert found["os_family"].value == "windows"
    assert found["host_arch"].value == "x86_64"
    assert reason(found["effective_uid"]) is Reason.NOT_APPLICABLE


@pytest.mark.parametrize(("value", "on"), [(b"\x06\0\0\0\x01", True), (b"\x06\0\0\0\0", False)])
def test_secure_boot(tmp_path: Path, value: bytes, on: bool) -> None:
    place = tmp_path / system.SECURE_BOOT.lstrip("/")
    place.parent.mkdir(parents=True)
    place.write_bytes(value)
    assert dict(system.probe(make(tmp_path)))["secure_boot"].value is on


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    system.parse_os_release(text)
    system.parse_os_release(f"ID={text}")
    system.parse_l4t(text)


def test_variables(tmp_path: Path) -> None:
    environ = {
        "CUDA_VISIBLE_DEVICES": "",
        "CUDA_PATH": "/opt/cuda",
        "LD_LIBRARY_PATH": "/a:/b\x1b[0m",
        "NVIDIA_REQUIRE_CUDA": "cuda>=12.4 https://bob:secret@example.org/x",
        "MY_SECRET": "hidden",
    }
    found = dict(env_vars.probe(make(tmp_path, environ=environ)))
    assert set(found) == set(env_vars.OWNS)
    assert found["cuda_visible_devices"].value == ""
    assert found["cuda_home"].value == "/opt/cuda"
    assert found["cuda_home"].source.where == "CUDA_PATH"
    assert found["ld_library_path"].value == "/a:/b\\x1b[0m"
    assert found["nvidia_require_cuda"].value == "cuda>=12.4 https://example.org/x"
    assert reason(found["pythonpath"]) is Reason.NOT_PRESENT
