"""A notebook service was asked for no GPU, and gave a machine without one.

What it checks
    torch's words "No CUDA GPUs are available" in a notebook of Colab, Kaggle and the like, or, where a setting of the
    notebook chooses the GPU, that CUDA is not available there; no GPU is listed, and no mask, no scheduler, no choice
    of a GPU and no build without CUDA is known.
Why it matters
    A service gives the machine that the notebook's settings name, each notebook with its own: by default one without
    a GPU. The driver of the person's own computer plays no part.
How to fix
    Choose a runtime with a GPU, and start the notebook again.
References
    https://research.google.com/colaboratory/faq.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

# Here a GPU is a setting of the notebook; elsewhere it comes with the machine that somebody rented.
_BY_SETTING = ("colab", "kaggle", "paperspace", "lightning")
_NO_RUNTIME = r"No CUDA runtime is found"
_WITHOUT_CUDA = ("cpu", "rocm", "xpu")


@rule("TD231", severity="error", cause="no-driver-or-module", breaks="cuda")
def check(
    notebook_service: str,
    errors: Errors = NONE_SEEN,
    gpus: tuple[Gpu, ...] = (),
    tried: tuple[str, ...] = (),
    scheduler: str | None = None,
    cuda_visible_devices: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    torch_variant: str | None = None,
) -> Iterator[Draft]:
    if cuda_started(kernel_results, cuda_available) or torch_variant in _WITHOUT_CUDA:
        return
    chosen = notebook_service in _BY_SETTING
    silent = cuda_available is False and not errors.at("start", "launch")
    if not errors.of("torch_no_gpus") and not (chosen and (silent or errors.matching(_NO_RUNTIME))):
        return
    hidden = cuda_visible_devices is not None or scheduler is not None
    if gpus or hidden or "chose-gpu-runtime" in tried:
        return
    cures = [fixes.choose_runtime(notebook_service)]
    yield finding("gpu", "this notebook has no GPU", fixes=cures, confidence="medium")
