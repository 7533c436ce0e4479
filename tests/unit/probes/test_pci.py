"""The PCI bus."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.fact import Fact, Reason
from torch_doctor.core.records import PciGpu
from torch_doctor.probes.machine import pci

from tests.unit.probes.tree import make, reason


def uevent(kind: str, ids: str, driver: str | None = None) -> str:
    head = f"DRIVER={driver}\n" if driver else ""
    return f"{head}PCI_CLASS={kind}\nPCI_ID={ids}\nPCI_SUBSYS_ID=10DE:16C1\nPCI_SLOT_NAME=x\n"


def bus(root: Path, devices: dict[str, str], **answers: str) -> dict[str, Fact]:  # type: ignore[type-arg]
    files = {f"{pci.DEVICES}/{address}/uevent": text for address, text in devices.items()}
    found = dict(pci.probe(make(root, {"/sys/bus/x/y": "", **files}, **answers)))
    assert set(found) == set(pci.OWNS)
    return found


def test_gpus_switches_and_others(tmp_path: Path) -> None:
    found = bus(
        tmp_path,
        {
            "0000:00:02.0": uevent("30000", "8086:9BC8", "i915"),
            "0000:01:00.0": uevent("30000", "10DE:2684", "nouveau"),
            "0000:01:00.1": uevent("40300", "10DE:22BA", "snd_hda_intel"),
            "0000:18:00.0": uevent("30200", "10DE:2330", "nvidia"),
            "0000:19:00.0": uevent("30200", "10DE:2330"),
            "0000:05:00.0": uevent("68000", "10DE:22A3", "nvidia-nvswitch"),
            "0000:0a:00.0": uevent("120000", "1002:74A1", "amdgpu"),
            "0000:0b:00.0": uevent("38000", "8086:56C0", "i915"),
            "0000:0c:00.0": uevent("30000", "1A03:2000", "ast"),
            "0000:0d:00.0": "nothing",
        },
    )
    assert found["pci_gpus"].value == (
        PciGpu("0000:01:00.0", "2684", "nouveau", "10de", "10de:16c1"),
        PciGpu("0000:18:00.0", "2330", "nvidia", "10de", "10de:16c1"),
        PciGpu("0000:19:00.0", "2330", None, "10de", "10de:16c1"),
    )
    assert found["other_gpus"].value == ("AMD 1002:74a1", "Intel 8086:56c0")
    assert found["nvswitches"].value == 1
    assert found["iommu_translates"].value is False


@pytest.mark.parametrize(("kind", "translates"), [("DMA-FQ\n", True), ("identity\n", False)])
def test_iommu(tmp_path: Path, kind: str, translates: bool) -> None:
    make(tmp_path, {f"{pci.DEVICES}/0000:18:00.0/iommu_group/type": kind})
    found = bus(tmp_path, {"0000:18:00.0": uevent("30200", "10DE:2330", "nvidia")})
    assert found["iommu_translates"].value is translates


def test_sysfs_without_a_bus_is_an_answer(tmp_path: Path) -> None:
    found = bus(tmp_path, {})
    assert found["pci_gpus"].value == ()
    assert reason(found["iommu_translates"]) is Reason.NOT_APPLICABLE


def test_where_there_is_no_bus_to_see(tmp_path: Path) -> None:
    assert reason(dict(pci.probe(make(tmp_path)))["pci_gpus"]) is Reason.DENIED
    wsl = dict(pci.probe(make(tmp_path, kernel_release="5.15-microsoft-standard")))
    assert reason(wsl["pci_gpus"]) is Reason.NOT_APPLICABLE
    windows = dict(pci.probe(make(tmp_path, sys_platform="win32")))
    assert reason(windows["nvswitches"]) is Reason.NOT_APPLICABLE


@given(st.text(), st.text())
def test_any_uevent_parses(address: str, text: str) -> None:
    pci.parse_uevent(address, text)
    pci.parse_uevent(address, f"PCI_CLASS={text}\nPCI_ID={text}\n")
