"""torch finds no CUDA on a Jetson, and is not known to be NVIDIA's build for it.

What it checks
    On a Jetson: torch says that CUDA is not available or is a build without it, no kernel is found for the board, or
    words complain that a program computes on the CPU; and nothing says that NVIDIA or the user built this torch for it.
Why it matters
    What pip finds by itself on aarch64 is a CPU build, or one for servers: neither has code for a
    Jetson's own GPU.
How to fix
    Install the wheel that NVIDIA publishes for the JetPack in use, or use its container.
References
    https://docs.nvidia.com/deeplearning/frameworks/install-pytorch-jetson-platform/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import SmTarget
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.jetson._jetpack import own_build

_IMAGE = (
    "take an image that is made for the board's JetPack (NVIDIA's l4t-pytorch, or one of jetson-containers), and start "
    "it with --runtime nvidia: a plain image has neither the torch nor the CUDA of the board"
)
_OWN = ("jetson", "ngc", "source")


@rule("TD672", severity="error", cause="jetson", breaks="cuda", explains=("TD402",))
def check(
    jetson: str,
    matrix: Matrix,
    cuda_available: bool | None = None,
    torch_origin: str | None = None,
    torch_variant: str | None = None,
    python_tag: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    arch_list: tuple[SmTarget, ...] = (),
    traceback_packages: tuple[str, ...] = (),
    runs_on_cpu: bool | None = None,
    container: str | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    no_kernel = errors.of("cuda_209_no_kernel") and not (arch_list or traceback_packages)
    if torch_origin in _OWN or any(result.ok for result in kernel_results):
        return
    unused = runs_on_cpu and cuda_available is None
    for_cpu = torch_variant == "cpu" and cuda_available is None
    if cuda_available is not False and not (no_kernel or unused or for_cpu):
        return
    image = [fixes.by_hand(_IMAGE, scope="container")] if container else []
    where = [*image, own_build(jetson, python_tag, matrix)]
    lacks = "has no kernel for" if no_kernel else "finds no CUDA on"
    message = f"torch {lacks} this Jetson ({jetson}): it needs NVIDIA's own build of torch"
    severity = Severity.WARNING if unused and not (no_kernel or for_cpu) else None
    yield finding("torch", message, severity=severity, fixes=where, confidence="medium")
