"""A container says when it starts that it was given no NVIDIA driver.

What it checks
    "The NVIDIA Driver was not detected" in an error text; an engine that was told to run nvidia-smi and does not find
    it.
Why it matters
    NVIDIA's images look for the driver when they start, and nvidia-smi is in no image: the runtime puts both there.
How to fix
    Start the container with its GPU option, on a host with the NVIDIA Container Toolkit.
References
    https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

_WITHOUT_TOOL = r"""exec(?:utable file)?:? [`"'\\]{1,3}nvidia-smi[`"'\\]{1,3}:? (?:executable file )?not found"""


@rule(
    "TD614",
    severity="error",
    cause="container-without-gpu-runtime",
    breaks="driver",
    explains=("TD120",),
)
def check(
    errors: Errors,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    if cuda_started(kernel_results, cuda_available):
        return
    if errors.matching(r"nvidia driver was not detected"):
        message = "the image found no NVIDIA driver when it started: it was given no GPU"
        yield finding("container", message, fixes=[fixes.with_gpus()])
    elif errors.matching(_WITHOUT_TOOL):
        message = "the engine put no nvidia-smi into the container: it was given no GPU"
        yield finding("container", message, fixes=[fixes.with_gpus()], confidence="medium")
