"""Direct transfers: which cards have none, and what helps where they hang. Shared by the rules of this folder."""

from __future__ import annotations

from torch_doctor.core.version import ComputeCapability, DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures

# The releases of R525 that tell no truth about GeForce cards of this generation, and the first that does.
FIRST_BAD, FIRST_GOOD = "525.53", "525.105.17"
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


def offered_wrongly(cures: Cures, driver: DriverRelease | None) -> bool:
    """Whether the driver may offer GeForce cards of that generation what they cannot do."""
    cards = [gpu for gpu in cures.machine.gpus or () if gpu.capability == ADA]
    few = len(cards) < 2 or any(gpu.kind != "consumer" for gpu in cards)
    return not few and (driver is None or driver < DriverRelease.parse(FIRST_GOOD))
