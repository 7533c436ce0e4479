"""A ROCm build of torch has no code for this GPU of AMD's.

What it checks
    HIP's words for a kernel that is not in the build: invalid device function, no binary for the GPU.
Why it matters
    torch finds the GPU, and the first kernel fails.
How to fix
    Let ROCm take the code of a like chip (HSA_OVERRIDE_GFX_VERSION), or install a build with code for this one.
References
    https://github.com/pytorch/pytorch/blob/main/.ci/docker/manywheel/build.sh
    https://rocm.docs.amd.com/projects/install-on-linux/en/latest/reference/system-requirements.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu, PciGpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.matrix.gpus.words import chip_in
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.torch._others import has_been_served, with_code

_NO_CODE = r"hipErrorNoBinaryForGpu|hipErrorInvalidDeviceFunction|HIP.{0,9}invalid device function"


@rule(
    "TD235",
    severity="error",
    cause="gpu-arch-not-in-wheel",
    breaks="cuda",
    explains=("TD411", "TD431"),
)
def check(
    errors: Errors,
    matrix: Matrix,
    other_gpus: tuple[str, ...] = (),
    gpus: tuple[Gpu, ...] = (),
    pci_gpus: tuple[PciGpu, ...] = (),
    torch_variant: str | None = None,
    os_family: str | None = None,
    install_indexes: tuple[str, ...] = (),
) -> Iterator[Draft]:
    if gpus or pci_gpus or torch_variant == "cuda" or not errors.matching(_NO_CODE):
        return
    chips = [(name, chip) for name in other_gpus if (chip := chip_in(name, matrix))]
    named, chip = chips[0] if chips else (next(iter(other_gpus), "this GPU"), None)
    which = f" ({chip.chip})" if chip and chip.chip not in named else ""
    lacking = f"torch's ROCm build has no code for {named}{which}: a kernel failed for lack of it"
    if has_been_served(chip):
        lacking = (
            f"a kernel failed for lack of code for {named}{which}, which torch's ROCm builds have"
        )
    yield finding(
        "gpu",
        lacking,
        fixes=with_code(named, chip, os_family, install_indexes, matrix),
        confidence="medium",
    )
