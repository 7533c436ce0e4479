"""CUDA was seen to fail, and no rule knows why.

What it checks
    What cuInit and torch.cuda.is_available() returned, whether a kernel ran on each device, and error texts whose
    number proves that CUDA did not start or that a kernel could not be launched.
Why it matters
    What was seen to fail is not healthy, whatever the versions promise.
How to fix
    The error text is the best lead; what decides is named beside it.
References
    https://docs.pytorch.org/docs/stable/notes/cuda.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.judgement import Judgement
from torch_doctor.core.records import (
    ApiStatus,
    Gpu,
    KernelResult,
    LibraryFile,
    StageResult,
)
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.gpu._asking import SHOW_MACHINE, see_why_none
from torch_doctor.rules.torch._crashes import (
    failures_of_cuda,
    in_front,
    kernels_failed,
    last_of_cuda,
    stage_failed,
)

_WITHOUT_CUDA = ("cpu", "rocm", "xpu")


@rule("TD433", severity="error", cause="unexplained", fallback=True)
def check(
    judgement: Judgement,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    gpus: tuple[Gpu, ...] = (),
    torch_variant: str | None = None,
    cuda_init: ApiStatus | None = None,
    live_stages: tuple[StageResult, ...] = (),
    ld_preload: str | None = None,
    ld_library_path: str | None = None,
    cxx_runtime: LibraryFile | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    failed_kernels = kernels_failed(kernel_results, gpus, judgement)
    yield from (draft for draft in failed_kernels if draft.severity is None)
    if torch_variant in _WITHOUT_CUDA or kernel_results:
        return
    if cuda_available is False:
        if gpus:
            failures = failures_of_cuda(errors)
            message = f"torch.cuda.is_available() is False{last_of_cuda(failures)}"
            yield finding("torch", message, fixes=[see_why_none(failures)])
        return
    if cuda_init is not None and cuda_init.code and cuda_available is None:
        message = f"CUDA did not start: {cuda_init.name} ({cuda_init.code})"
        yield finding("driver", message, because=errors.receipts_for(cuda_init.code))
        return
    failed = [stage for stage in live_stages if not stage.ok]
    if failed:
        yield stage_failed(failed[0], in_front(ld_preload, ld_library_path, cxx_runtime))
        return
    stopped = errors.at("start", "launch")
    if stopped:
        # Where torch said that CUDA is available, the program that failed is another one.
        severity = Severity.WARNING if cuda_available else None
        because = errors.receipts_for(stopped[-1].code or 0)
        message = f"CUDA failed: {one_line(stopped[-1].text, 300)}"
        yield finding("torch", message, because=because, severity=severity, fixes=[SHOW_MACHINE])
