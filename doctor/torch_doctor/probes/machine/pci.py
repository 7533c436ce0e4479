"""The PCI bus: GPUs that are there whether or not a driver is."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.records import PciGpu
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.machine.system import is_wsl, os_family

OWNS = ("pci_gpus", "other_gpus", "nvswitches", "iommu_translates")
DEVICES = "/sys/bus/pci/devices"
NVIDIA, AMD, INTEL = "10de", "1002", "8086"
# Classes: VGA controller, 3D controller, other display controller, processing accelerator, other bridge.
_VGA, _3D, _DISPLAY, _ACCELERATOR, _BRIDGE = "0300", "0302", "0380", "1200", "0680"


class Device(NamedTuple):
    """One PCI device: *kind* is the upper four digits of its class; ids are lower-case hexadecimal."""

    address: str
    kind: str
    vendor: str
    device: str
    driver: str | None
    subsystem: str | None


def probe(host: Host) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield the GPUs and NVSwitches on the bus."""
    source = Source("file", DEVICES)
    gap = _not_here(host)
    if gap is None:
        try:
            devices = list(_devices(host))
        except FileNotFoundError:  # sysfs without a PCI bus: an answer
            devices = []
        except OSError as error:
            gap = Unavailable(Reason.DENIED, f"{DEVICES}: {error.strerror or error}", source)
    if gap is not None:
        for name in OWNS:
            yield name, gap
        return
    yield "pci_gpus", Known(tuple(_nvidia_gpus(devices)), source)
    yield "other_gpus", Known(tuple(_other_gpus(devices)), source)
    switches = [one for one in devices if one.vendor == NVIDIA and one.kind == _BRIDGE]
    yield "nvswitches", Known(len(switches), source)
    yield "iommu_translates", _iommu(host, [gpu.address for gpu in _nvidia_gpus(devices)])


def parse_uevent(address: str, text: str) -> Device | None:
    """Parse a device's uevent file; None where it names no class or no ids."""
    fields = dict(line.partition("=")[::2] for line in text.splitlines())
    vendor, _, device = fields.get("PCI_ID", "").lower().partition(":")
    kind = fields.get("PCI_CLASS", "").lower().zfill(6)[:4]
    if not (vendor and device and fields.get("PCI_CLASS")):
        return None
    driver, subsystem = fields.get("DRIVER"), fields.get("PCI_SUBSYS_ID")
    return Device(
        one_line(address),
        one_line(kind),
        one_line(vendor),
        one_line(device),
        one_line(driver) if driver else None,
        one_line(subsystem.lower()) if subsystem else None,
    )


def _iommu(host: Host, gpus: list[str]) -> Fact[bool]:
    """Ask the IOMMU groups of the GPUs: DMA and DMA-FQ translate, identity passes through, no group is no IOMMU."""
    if not gpus:
        return Unavailable(Reason.NOT_APPLICABLE, "there is no NVIDIA GPU on the bus")
    kinds = {}
    for address in gpus:
        group = f"{DEVICES}/{address}/iommu_group"
        if not host.exists(group):
            continue
        try:
            kinds[group] = host.read_text(f"{group}/type", 64).strip()
        except OSError as error:
            detail = f"{group}/type: {error.strerror or error}"
            return Unavailable(Reason.DENIED, detail, Source("file", group))
    translating = [group for group, kind in kinds.items() if kind.startswith("DMA")]
    where = (translating or [*kinds, DEVICES])[0]
    return Known(bool(translating), Source("file", where))


def _not_here(host: Host) -> Unavailable | None:
    source = Source("file", DEVICES)
    if os_family(host) != "linux":
        return Unavailable(Reason.NOT_APPLICABLE, "only Linux shows its PCI bus in files", source)
    if is_wsl(host):
        return Unavailable(
            Reason.NOT_APPLICABLE, "WSL passes GPUs through without a PCI bus", source
        )
    if not host.is_dir("/sys/bus"):
        return Unavailable(Reason.DENIED, "/sys is not visible", source)
    return None


def _devices(host: Host) -> Iterator[Device]:
    for address in host.listdir(DEVICES):
        try:
            text = host.read_text(f"{DEVICES}/{address}/uevent", 4096)
        except OSError:  # the device went away
            continue
        device = parse_uevent(address, text)
        if device is not None:
            yield device


def _nvidia_gpus(devices: list[Device]) -> Iterator[PciGpu]:
    for one in devices:
        if one.vendor == NVIDIA and one.kind in (_VGA, _3D):
            yield PciGpu(one.address, one.device, one.driver, one.vendor, one.subsystem)


def _other_gpus(devices: list[Device]) -> Iterator[str]:
    for one in devices:
        if one.vendor == AMD and one.kind in (_VGA, _3D, _DISPLAY, _ACCELERATOR):
            yield f"AMD {AMD}:{one.device}"
        # Bus 00 holds the display that is part of the processor; a card sits behind a bridge.
        if one.vendor == INTEL and one.kind in (_VGA, _3D, _DISPLAY) and ":00:" not in one.address:
            yield f"Intel {INTEL}:{one.device}"
