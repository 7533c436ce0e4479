"""torch finds no CUDA on a Jetson, and is not known to be NVIDIA's build for it.

What it checks
    On a Jetson: torch says that CUDA is not available, and nothing says that NVIDIA (or the user) built
    this torch for the board.
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

from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.jetson._jetpack import own_build

_OWN = ("jetson", "ngc", "source")


@rule("TD672", severity="error", cause="jetson", breaks="cuda", explains=("TD402",))
def check(
    jetson: str,
    cuda_available: bool,
    matrix: Matrix,
    torch_origin: str | None = None,
    python_tag: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    if cuda_available or torch_origin in _OWN or any(result.ok for result in kernel_results):
        return
    where = own_build(jetson, python_tag, matrix)
    message = f"torch finds no CUDA on this Jetson ({jetson}): it needs NVIDIA's own build of torch"
    yield finding("torch", message, fixes=[where], confidence="medium")
