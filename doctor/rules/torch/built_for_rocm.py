"""torch was built for AMD GPUs (ROCm) although the GPU here is NVIDIA's.

What it checks
    The installed build is a ROCm build, on a host with an NVIDIA GPU.
Why it matters
    A ROCm build never sees an NVIDIA GPU.
How to fix
    Install a CUDA build.
References
    https://pytorch.org/get-started/locally/
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core.rule import Draft, finding, rule


@rule("TD403", severity="error", cause="rocm-vs-cuda", explains=("TD409",))
def check(torch_variant, gpus, cures: object, torch_version=None) -> Iterator[Draft]:
    if torch_variant == "rocm" and gpus:
        message = f"torch {torch_version} is a ROCm build for AMD GPUs; the GPU here is NVIDIA's"
        yield finding("torch", message, fixes=cures.another_build())
