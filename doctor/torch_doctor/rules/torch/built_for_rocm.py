"""torch was built for AMD GPUs (ROCm) although the GPU is NVIDIA's.

What it checks
    The installed build is a ROCm build, or an error of HIP was seen, on a host with an NVIDIA GPU.
Why it matters
    A ROCm build never sees an NVIDIA GPU.
How to fix
    Install a CUDA build.
References
    https://pytorch.org/get-started/locally/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors


@rule("TD403", severity="error", cause="rocm-vs-cuda", breaks="cuda", about=("gpus",))
def check(
    gpus: tuple[Gpu, ...],
    cures: Cures,
    torch_variant: str | None = None,
    torch_version: TorchVersion | None = None,
    install_indexes: tuple[str, ...] = (),
    other_gpus: tuple[str, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    hip = bool(errors.matching(r"No HIP GPUs are available|hipErrorNoDevice"))
    if not gpus or other_gpus or torch_variant not in ("rocm", None):
        return
    if torch_variant == "rocm" or hip:
        which = f"torch {torch_version or ''}".strip()
        index = next((url for url in install_indexes if "/rocm" in url), None)
        message = f"{which} is a ROCm build for AMD GPUs; the GPU is NVIDIA's"
        message += f" (it was installed from {index})" if index else ""
        yield finding("torch", message, fixes=cures.another_build())
