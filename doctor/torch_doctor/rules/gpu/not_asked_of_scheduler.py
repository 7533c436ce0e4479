"""A job or task asked its scheduler for no GPU, and so was given none.

What it checks
    In a report: the options of a Slurm job, or the decorator of a Ray task or actor, and a program in it that finds no
    GPU.
Why it matters
    Both hide the GPUs that were not asked for, on nodes that have some: CUDA finds none, and nothing is broken.
How to fix
    Ask for them: --gres=gpu:1 or --gpus=1 in Slurm, num_gpus=1 in Ray.
References
    https://slurm.schedmd.com/gres.html
    https://docs.ray.io/en/latest/ray-core/scheduling/accelerators.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.cuda._masks import show_gpus

_NO_GPU = (
    r"No CUDA GPUs are available|no CUDA-capable device|Found no NVIDIA driver|No devices were found"
    r"|CUDA driver version is insufficient|RayTaskError|RayActorError"
)
_CODES = ("TD135", "TD144", "TD204", "TD310", "TD904")


@rule(
    "TD229",
    severity="error",
    cause="container-without-gpu-runtime",
    breaks="driver",
    explains=_CODES,
)
def check(
    job_gpus_requested: bool,
    scheduler: str,
    container: str | None = None,
    nvidia_smi_lists_none: bool | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if job_gpus_requested or container or cuda_started(kernel_results, cuda_available):
        return
    if not (cuda_available is False or nvidia_smi_lists_none or errors.matching(_NO_GPU)):
        return
    what, cause = "this Slurm job", None
    if scheduler == "ray":
        # it does so by an empty mask
        what, cause = "this task of Ray's", "cuda-visible-devices"
    message = f"{what} asked for no GPU and was given none"
    cures = [show_gpus(None, scheduler)]
    yield finding("gpu", message, cause=cause, fixes=cures, confidence="medium")
