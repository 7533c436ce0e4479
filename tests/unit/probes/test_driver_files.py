"""The kernel driver as files show it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.fact import Fact, Known, Reason
from torch_doctor.core.records import KernelModule
from torch_doctor.core.version import DriverRelease
from torch_doctor.probes.driver import files as driver_files
from torch_doctor.probes.driver import kernel_modules
from torch_doctor.probes.host.port import Host

from tests.unit.probes.tree import make, reason

OPEN = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (dvs-builder@U22)\nGCC version: gcc 12.3.0\n"
CLOSED = (
    "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.161.07  Sat Feb 17 22:55:48 UTC 2024\n"
)
VERSION = driver_files.VERSION


def facts(host: Host) -> dict[str, Fact[Any]]:
    found = dict(driver_files.probe(host))
    assert set(found) == set(driver_files.OWNS)
    return found


@pytest.mark.parametrize(
    ("text", "release", "flavour"),
    [
        (OPEN, "580.65.06", "open"),
        (CLOSED, "535.161.07", "proprietary"),
        (
            "NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  540.4.0  Release Build\n",
            "540.4.0",
            "open",
        ),
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  450.80.02\n", "450.80.02", "proprietary"),
    ],
)
def test_banners(text: str, release: str, flavour: str) -> None:
    assert driver_files.parse_version(text) == KernelModule(DriverRelease.parse(release), flavour)


@given(st.text())
def test_any_banner_parses_or_is_refused(text: str) -> None:
    for banner in (text, f"NVRM version: {text}", f"NVRM version: Kernel Module {text}"):
        with contextlib.suppress(ValueError):
            driver_files.parse_version(banner)


def test_a_loaded_driver(tmp_path: Path) -> None:
    host = make(
        tmp_path,
        {
            VERSION: OPEN,
            "/sys/module/nvidia_uvm/parameters/uvm_disable_hmm": "N\n",
            "/dev/nvidia0": "",
            "/dev/nvidiactl": "",
            "/dev/nvidia-uvm": "",
            "/dev/nvidia-caps/nvidia-cap1": "",
            "/dev/nvidia.txt": "",
            "/dev/nvidia1/what-docker-v-made": "",
            "/usr/bin/nvidia-smi": "",
        },
    )
    found = facts(host)
    assert found["kernel_module"].value.flavour == "open"
    assert str(found["driver_release"].value) == "580.65.06"
    assert found["nouveau_loaded"].value is False
    assert found["uvm_loaded"].value is True
    assert found["uvm_hmm"].value is True
    assert [node.path for node in found["device_nodes"].value] == [
        "/dev/nvidia-uvm",
        "/dev/nvidia0",
        "/dev/nvidiactl",
        "/dev/nvidia-caps/nvidia-cap1",
    ]
    assert found["nvidia_smi"].value == "/usr/bin/nvidia-smi"


def test_gpus_that_the_kernel_driver_has_started(tmp_path: Path) -> None:
    gpus = {
        f"{driver_files.KERNEL_GPUS}/0000:0{number}:00.0/information": (
            f"Model: \t\t NVIDIA H200\nDevice Minor: \t {number}\nGPU Excluded:\t No\n"
        )
        for number in (1, 0)
    }
    gpus[f"{driver_files.KERNEL_GPUS}/0000:09:00.0/information"] = "Model: nonsense\n"
    fact = facts(make(tmp_path, gpus))["kernel_gpus"]
    assert isinstance(fact, Known)
    assert fact.value == ("/dev/nvidia0", "/dev/nvidia1")
    assert reason(facts(make(tmp_path / "other"))["kernel_gpus"]) is Reason.NOT_PRESENT


def test_a_plain_file_or_a_folder_is_no_device(tmp_path: Path) -> None:
    tree = {"/dev/nvidia0": "", "/dev/nvidia-uvm": "", "/dev/nvidiactl/x": ""}
    found = facts(make(tmp_path, tree, plain_devices=["/dev/nvidia-uvm"]))
    assert [node.path for node in found["device_nodes"].value] == ["/dev/nvidia0"]


def test_no_driver_is_an_answer(tmp_path: Path) -> None:
    found = facts(make(tmp_path, {"/sys/module/nouveau/x": "", "/dev/null": ""}))
    assert reason(found["kernel_module"]) is Reason.NOT_PRESENT
    assert reason(found["driver_release"]) is Reason.NOT_PRESENT
    assert found["nouveau_loaded"].value is True
    assert found["device_nodes"].value == ()
    assert reason(found["nvidia_smi"]) is Reason.NOT_PRESENT


def test_the_module_is_seen_without_proc(tmp_path: Path) -> None:
    found = facts(make(tmp_path, {"/sys/module/nvidia/version": "550.54.15\n"}))
    assert found["kernel_module"].value == KernelModule(DriverRelease.parse("550.54.15"))


def test_a_banner_that_says_nothing_is_unparsed(tmp_path: Path) -> None:
    assert (
        reason(facts(make(tmp_path, {VERSION: "NVRM version: soon\n"}))["kernel_module"])
        is Reason.UNPARSED
    )


def test_no_sysfs_is_no_answer(tmp_path: Path) -> None:
    assert reason(facts(make(tmp_path))["nouveau_loaded"]) is Reason.DENIED


def test_wsl_has_no_kernel_module(tmp_path: Path) -> None:
    host = make(tmp_path, {"/dev/dxg": ""}, kernel_release="5.15.153.1-microsoft-standard-WSL2")
    found = facts(host)
    for name in ("kernel_module", "uvm_loaded", "kernel_module_file"):
        assert reason(found[name]) is Reason.NOT_APPLICABLE
    assert found["device_nodes"].value[0].path == "/dev/dxg"


def test_other_systems(tmp_path: Path) -> None:
    found = facts(make(tmp_path, sys_platform="win32"))
    assert reason(found["device_nodes"]) is Reason.NOT_APPLICABLE
    assert reason(found["nvidia_smi"]) is Reason.NOT_PRESENT


def test_relative_entries_of_path_are_not_searched(tmp_path: Path) -> None:
    host = make(
        tmp_path, {"/nvidia-smi": "", "/opt/cuda/nvidia-smi": ""}, environ={"PATH": ".:/opt/cuda"}
    )
    assert facts(host)["nvidia_smi"].value == "/opt/cuda/nvidia-smi"


def test_modules_of_other_kernels(tmp_path: Path) -> None:
    dep = "kernel/fs/x.ko.zst:\nupdates/dkms/nvidia.ko.zst: kernel/drivers/y.ko\n"
    host = make(
        tmp_path,
        {
            "/lib/modules/6.8.0-50-generic/modules.dep": "kernel/a.ko:\n",
            "/lib/modules/6.5.0-9-generic/modules.dep": dep,
        },
    )
    found = dict(kernel_modules.facts(host))
    assert reason(found["kernel_module_file"]) is Reason.NOT_PRESENT
    assert found["kernels_with_module"] == Known(
        ("6.5.0-9-generic",), found["kernels_with_module"].source
    )
    (tmp_path / "lib/modules/6.8.0-50-generic/modules.dep").write_text(dep)
    found = dict(kernel_modules.facts(host))
    assert (
        found["kernel_module_file"].value
        == "/lib/modules/6.8.0-50-generic/updates/dkms/nvidia.ko.zst"
    )


def test_a_container_does_not_see_its_hosts_modules(tmp_path: Path) -> None:
    found = dict(kernel_modules.facts(make(tmp_path, {"/.dockerenv": ""})))
    assert reason(found["kernel_module_file"]) is Reason.DENIED
