"""The driver cannot load what triton compiles, although torch itself runs.

What it checks
    triton's error "device kernel image is invalid" (or its refusal of the PTX) against the CUDA of the driver and of
    torch. triton brings an assembler of its own, which may belong to a newer CUDA major than torch.
Why it matters
    torch.compile and every package with triton kernels fail; eager torch runs.
How to fix
    Update the driver, or let triton use the ptxas of a toolkit that the driver serves.
References
    https://github.com/triton-lang/triton/issues/8539
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors

_TEXT = r"Triton Error \[CUDA\]: (?:device kernel image is invalid|the provided PTX was compiled)"


@rule("TD512", severity="error", cause="triton-mismatch", breaks="cuda")
def check(
    errors: Errors,
    cures: Cures,
    driver_cuda: CudaVersion | None = None,
    torch_cuda: CudaVersion | None = None,
    packages: tuple[Package, ...] = (),
    triton_ptxas_path: str | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    if not errors.matching(_TEXT):
        return
    triton = next((p for p in packages if p.name == "triton"), None)
    name = f"triton {triton.version}" if triton else "triton"
    message = f"the driver cannot load what {name} compiles with its own ptxas"
    if driver_cuda:
        message += f"; the driver serves CUDA up to {driver_cuda}"
    tool = "the ptxas of a CUDA toolkit that is no newer than the driver"
    own = fixes.set_variable("TRITON_PTXAS_PATH", "/usr/local/cuda/bin/ptxas", tool)
    cure = [own, cures.driver_for(CudaVersion(12, 0))]
    if torch_cuda is not None and driver_cuda is not None and driver_cuda.major >= 12:
        cure = [cures.driver_for(torch_cuda, paired=True), own]
    yield finding("triton", message, fixes=cure)
