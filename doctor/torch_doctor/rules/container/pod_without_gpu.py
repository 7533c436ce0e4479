"""torch finds no GPU in a Pod, and nobody shows that the Pod asked for one.

What it checks
    In a report from a Pod: the errors of a torch that sees no GPU, where neither a resource nor a mask is shown.
Why it matters
    Kubernetes gives a Pod the GPUs that its resources name. That the node has some, or that the Pod runs there, gives
    it none.
How to fix
    Name nvidia.com/gpu in the limits of the container; the node needs NVIDIA's device plugin.
References
    https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/
    https://github.com/NVIDIA/k8s-device-plugin/blob/main/README.md
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

_NONE = r"no cuda gpus are available|found no nvidia driver|no CUDA-capable device is detected"
_CODES = ("TD115", "TD120")


@rule(
    "TD620",
    severity="error",
    cause="container-without-gpu-runtime",
    breaks="driver",
    explains=_CODES,
)
def check(
    container: str,
    pci_gpus: Fact[Any],
    kernel_module: Fact[Any],
    errors: Errors,
    container_gpus_requested: bool | None = None,
    cuda_visible_devices: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    if container != "kubernetes" or container_gpus_requested is not None or cuda_visible_devices:
        return  # who tells what was asked for, or masked, is answered by that
    looked = isinstance(pci_gpus, Known) or isinstance(kernel_module, Known)
    if looked or cuda_started(kernel_results, cuda_available) or not errors.matching(_NONE):
        return
    message = "torch finds no GPU in this Pod: a Pod gets one only where its resources ask for it"
    yield finding("container", message, fixes=[fixes.with_gpus()], confidence="medium")
