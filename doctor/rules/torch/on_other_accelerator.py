"""This host has accelerators of another maker, for which CUDA does not exist.

What it checks
    The installed build (ROCm, XPU), GPUs of other makers, and errors of TPU, HIP and other runtimes.
Why it matters
    What holds for NVIDIA GPUs holds for none of these; torch reaches them through other builds and packages.
How to fix
    Follow the guide of that accelerator.
References
    https://pytorch.org/get-started/locally/
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core import fixes
from doctor.core.finding import Severity
from doctor.core.records import ErrorSeen, Gpu, PciGpu
from doctor.core.rule import Draft, finding, rule
from doctor.matrix.errors import NONE_SEEN, Errors

_ERRORS = {
    "AMD GPUs (ROCm)": r"No HIP GPUs are available|hipErrorNoDevice|hipErrorNoBinaryForGpu",
    "a TPU": r"\bTPU topology|libtpu|No TPU devices|/dev/accel\d",
    "Intel GPUs (XPU)": r"No XPU devices are available|XPU device (?:count|is)",
    "Ascend NPUs": r"torch_npu|\bAscend\b.{0,40}(?:error|fail)",
}


@rule(
    "TD431",
    severity="error",
    cause="non-nvidia-platform",
    explains=("TD111", "TD205", "TD402", "TD409"),
)
def check(
    torch_variant: str | None = None,
    other_gpus: tuple[str, ...] = (),
    gpus: tuple[Gpu, ...] = (),
    pci_gpus: tuple[PciGpu, ...] = (),
    torch_hip: str | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if gpus or pci_gpus:
        return
    named = next((name for name, text in _ERRORS.items() if errors.matching(text)), None)
    built = {"rocm": "AMD GPUs (ROCm)", "xpu": "Intel GPUs (XPU)"}.get(torch_variant or "")
    if torch_variant == "cuda" or not (named or built):
        return
    what = built or named
    failed = " and its runtime finds no device" if named else ""
    yield finding(
        "host",
        f"this environment is for {what}{failed}: CUDA does not exist there",
        severity=Severity.ERROR if named else Severity.NOTE,
        fixes=[fixes.by_hand(f"follow the guide for {what}; nothing about NVIDIA drivers applies")],
    )
