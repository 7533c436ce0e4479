"""A container on a Jetson was started without NVIDIA's runtime.

What it checks
    On a Jetson, inside a container: libcuda on the loader's path; in a report, whether the libraries of CUDA that
    torch asks for are there, unless the command that started the container names the runtime.
Why it matters
    On a Jetson the driver is part of the host's system; the runtime mounts it into the container. With JetPack 4 the
    libraries of CUDA are mounted too.
How to fix
    Start the container with --runtime nvidia, from an image for this L4T release.
References
    https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Reason, Unavailable
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any, regex
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_OF_CUDA = r"lib(?:cuda|cudart|cublas|cufft|curand|cusolver|cusparse|cudnn|nvrtc|nvToolsExt)\b"

_OWN_IMAGE = regex(r"\bl4t-|dustynv/|jetson-containers|-igpu\b")


@rule(
    "TD673",
    severity="error",
    cause="container-without-gpu-runtime",
    breaks=("library", "import"),
    explains=("TD601", "TD602", "TD672", "TD757", "TD767"),
)
def check(
    jetson: str,
    container: str,
    libcuda: Fact[Any],
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    container_gpus_requested: bool | None = None,
    container_image: str | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if cuda_started(kernel_results, cuda_available):
        return
    unread = isinstance(libcuda, Unavailable) and libcuda.reason is Reason.NOT_ASKED
    unasked = unread and container_gpus_requested is not True
    # NVIDIA's own image has a torch for the board: what it lacks is mounted by the runtime
    own = bool(container_image and _OWN_IMAGE.search(container_image))
    mute = cuda_available is False and (own or container_gpus_requested is False)
    bare = unasked and (mute or bool(errors.missing(_OF_CUDA)))
    if bare or (isinstance(libcuda, Unavailable) and libcuda.reason is Reason.NOT_PRESENT):
        again = fixes.restart_container(f"with the runtime of L4T {jetson}", runtime="nvidia")
        message = f"this {container} container on a Jetson was started without NVIDIA's runtime"
        yield finding("container", message, fixes=[again])
