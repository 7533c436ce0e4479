"""What helps where the driver is older than a build: another build, cuda-compat, the driver that it needs."""

from __future__ import annotations

from torch_doctor.core.finding import Action
from torch_doctor.core.startup import regex
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors

_FOUND = regex(r"found version (\d{4,5})\b")


def cures_of(cures: Cures, torch_cuda: CudaVersion | None, errors: Errors) -> list[Action]:
    """Return the build that this driver serves, then cuda-compat, then the driver that the build needs."""
    served = _served(errors)
    update = cures.current_driver()
    if torch_cuda:
        update = cures.driver_for(torch_cuda)
    elif served:
        update = cures.driver_after(served)
    compat = cures.compat_for(torch_cuda) if torch_cuda else ()
    return [*cures.another_build(served), *compat, update]


def _served(errors: Errors) -> CudaVersion | None:
    """Return the CUDA that the driver serves, as torch's own words tell it: found version 11040."""
    for seen in errors.of("torch_driver_too_old"):
        match = _FOUND.search(seen.text)
        if match:
            return CudaVersion.from_int(int(match[1]))
    return None
