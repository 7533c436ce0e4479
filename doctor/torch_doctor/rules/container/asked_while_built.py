"""A step of an image's build asks torch for a GPU: no build has one.

What it checks
    Lines of BuildKit's log ("#7 12.3 …") in which torch or a program says that there is no GPU or no driver.
Why it matters
    docker build gives its steps no device and no driver, whatever the host has: what looks for a GPU there fails, and a
    check that passes in a container started with GPUs does not.
How to fix
    Leave the check, and what needs a GPU, to the start of the container; a build of extensions is told its targets by
    TORCH_CUDA_ARCH_LIST and FORCE_CUDA.
References
    https://github.com/NVIDIA/nvidia-docker/issues/1734
    https://github.com/docker/for-win/issues/12903
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

_STEP = (
    r"^\W{0,4}#\d{1,3} \d{1,5}\.\d{1,3} .{0,400}?(?:Torch is not able to use GPU|No CUDA GPUs are available"
    r"|Found no NVIDIA driver|no CUDA-capable device is detected|Found no GPU)"
)
_SKIP = r"--skip-torch-cuda-test"


@rule(
    "TD623",
    severity="error",
    cause="container-without-gpu-runtime",
    breaks="driver",
    explains=("TD110", "TD621", "TD622"),
    about=("errors",),
)
def check(errors: Errors) -> Iterator[Draft]:
    if not errors.matching(_STEP):
        return
    skip = " (its own option for that is --skip-torch-cuda-test)" if errors.matching(_SKIP) else ""
    later = fixes.by_hand(
        f"take the check out of the build step{skip}, and start the container with GPUs (--gpus all), "
        "where torch sees them"
    )
    targets = fixes.by_hand(
        "where an extension is compiled in the build, tell it its targets: no GPU is there to ask",
        "ENV FORCE_CUDA=1 TORCH_CUDA_ARCH_LIST=8.6",
    )
    message = "a step of docker build asks for a GPU: a build is given none, whatever the host has"
    yield finding("container", message, fixes=[later, targets])
