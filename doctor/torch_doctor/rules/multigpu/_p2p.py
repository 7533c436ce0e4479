"""Direct transfers: which cards have none, and what helps where they hang. Shared by the rules of this folder."""

from __future__ import annotations

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import ComputeCapability, DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.gpus.generations import change
from torch_doctor.matrix.store import Matrix

ADA = ComputeCapability(8, 9)
THROUGH_HOST = fixes.set_variable("NCCL_P2P_DISABLE", "1", "NCCL then goes through host memory")
WITHOUT_ACS = fixes.by_hand(
    "switch ACS off in the firmware; where the IOMMU must stay on, boot with iommu=pt",
    "sudo lspci -vvv | grep -i acsctl",
    scope="host",
    root=True,
    reboot_needed=True,
)


def without_p2p(cures: Cures) -> bool:
    """Whether all GPUs here are GeForce cards of the RTX 40 series, which cannot reach each other's memory."""
    gpus = cures.machine.gpus or ()
    return bool(gpus) and all(gpu.capability == ADA and gpu.kind == "consumer" for gpu in gpus)


class Untrue(NamedTuple):
    """The releases of the driver that tell no truth about GeForce cards of this generation."""

    first: DriverRelease
    mended: DriverRelease


def untrue(matrix: Matrix) -> Untrue:
    """Return from which release on the driver offers those cards direct transfers, and which one ceased to."""
    row = change("offers-p2p-to-geforce-ada", matrix)
    return Untrue(DriverRelease.parse(row.first), DriverRelease.parse(row.until or row.first))


def offered_wrongly(cures: Cures, driver: DriverRelease | None, mended: DriverRelease) -> bool:
    """Whether the driver may offer GeForce cards of that generation what they cannot do."""
    cards = [gpu for gpu in cures.machine.gpus or () if gpu.capability == ADA]
    few = len(cards) < 2 or any(gpu.kind != "consumer" for gpu in cards)
    return not few and (driver is None or driver < mended)
