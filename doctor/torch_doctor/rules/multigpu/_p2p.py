"""Which cards have no direct transfers between each other. Shared by the rules of this folder."""

from __future__ import annotations

from torch_doctor.core.version import ComputeCapability
from torch_doctor.fixes.cures import Cures

# The first release of R525 that tells the truth about GeForce cards of this generation.
FIRST_GOOD = "525.105.17"
_ADA = ComputeCapability(8, 9)


def without_p2p(cures: Cures) -> bool:
    """Whether all GPUs here are GeForce cards of the RTX 40 series, which cannot reach each other's memory."""
    gpus = cures.machine.gpus or ()
    return bool(gpus) and all(gpu.capability == _ADA and gpu.kind == "consumer" for gpu in gpus)
