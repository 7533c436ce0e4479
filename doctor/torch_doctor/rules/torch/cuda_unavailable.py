"""torch itself says that CUDA cannot be used, CUDA did not start or a kernel failed, and no other finding explains it.

What it checks
    What torch.cuda.is_available() returned, whether a kernel ran on each device, and error texts whose
    number proves that CUDA did not start or that a kernel could not be launched.
Why it matters
    This is the fact of the matter: PyTorch does not run on the GPU here, whatever the versions promise.
How to fix
    The error text that torch gave is the best lead.
References
    https://docs.pytorch.org/docs/stable/notes/cuda.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen, Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_WITHOUT_CUDA = ("cpu", "rocm", "xpu")


@rule("TD409", severity="error", cause="unexplained")
def check(
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    gpus: tuple[Gpu, ...] = (),
    torch_variant: str | None = None,
    errors: Errors = NONE_SEEN,
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    for result in kernel_results:
        if not result.ok:
            said = one_line(result.error or "no error text", 300)
            name = result.name or "the GPU"
            yield finding(f"gpu:{result.index}", f"a kernel failed on {name}: {said}")
    if torch_variant in _WITHOUT_CUDA or any(result.ok for result in kernel_results):
        return
    if cuda_available is False and gpus:
        said = f": {one_line(errors_seen[-1].text, 300)}" if errors_seen else ""
        yield finding("torch", f"torch.cuda.is_available() is False{said}")
    elif cuda_available is not False and (stopped := errors.at("start", "launch")):
        # Somewhere torch said that CUDA is available: the program that failed is another one.
        severity = Severity.WARNING if cuda_available else None
        text = one_line(stopped[-1].text, 300)
        because = errors.receipts_for(stopped[-1].code or 0)
        yield finding("torch", f"CUDA failed: {text}", because=because, severity=severity)
