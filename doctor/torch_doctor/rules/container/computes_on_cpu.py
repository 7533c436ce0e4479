"""A program in a container computes on the CPU, beside a host that has a GPU.

What it checks
    In a report: words that complain of the CPU, a container, and a GPU that is named, or a command, manifest or file
    that asks for none. Where something failed, other rules know more.
Why it matters
    A container has the GPUs that its engine was asked for; without any, most programs go on with the CPU in silence.
How to fix
    Start the container with its GPU option, on a host that has the NVIDIA Container Toolkit.
References
    https://docs.docker.com/engine/containers/gpu/
    https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes

_WITHOUT_CUDA = ("cpu", "rocm", "xpu")


@rule(
    "TD622",
    severity="warning",
    cause="container-without-gpu-runtime",
    breaks="driver",
    about=("runs_on_cpu",),
)
def check(
    container: str,
    runs_on_cpu: bool,
    gpus: tuple[Gpu, ...] = (),
    container_gpus_requested: bool | None = None,
    torch_variant: str | None = None,
    other_gpus: tuple[str, ...] = (),
    cuda_visible_devices: str | None = None,
    jetson: str | None = None,
    notebook_service: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    if not runs_on_cpu or cuda_available is False or cuda_started(kernel_results, cuda_available):
        return
    elsewhere = other_gpus or jetson or notebook_service or cuda_visible_devices is not None
    if elsewhere or container_gpus_requested or torch_variant in _WITHOUT_CUDA:
        return
    unasked = container_gpus_requested is False
    if not (gpus or unasked):
        return
    why = "it was started without GPUs" if unasked else "nothing shows that it was given one"
    message = f"a program in this {container} container computes on the CPU, and {why}"
    yield finding("container", message, fixes=[fixes.with_gpus()], confidence="medium")
