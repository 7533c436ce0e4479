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

import re
from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Reason, Unavailable
from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen, Gpu, PciGpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.torch import _others as others

_INTEL = r"(?i)\bintel|\biris|\barc\b|\bu?hd (?:graphics|\d{3})"


@rule(
    "TD431",
    severity="error",
    cause="non-nvidia-platform",
    breaks="driver",
    explains=("TD135", "TD402", "TD616"),
    about=("torch_variant", "other_gpus", "errors"),
)
def check(
    matrix: Matrix,
    pci_gpus: Fact[tuple[PciGpu, ...]],
    torch_variant: str | None = None,
    torch_version: TorchVersion | None = None,
    gpu_wanted: bool | None = None,
    other_gpus: tuple[str, ...] = (),
    gpus: tuple[Gpu, ...] = (),
    cuda_available: bool | None = None,
    torch_hip: str | None = None,
    container: str | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if gpus or pci_gpus.or_else(()):
        return
    denied = errors.matching(others.XPU_DENIED)
    refusals = (name for name, text in others.FAILURES.items() if errors.matching(text))
    named = others.INTEL_XPU if denied and torch_variant == "xpu" else next(refusals, None)
    intels = [name for name in other_gpus if re.search(_INTEL, name)]
    # who looks at a machine without NVIDIA GPUs need not want CUDA; who reports that it is not available does
    unseen = isinstance(pci_gpus, Unavailable) and pci_gpus.reason is Reason.NOT_ASKED
    refused = unseen and cuda_available is False
    reported, unnamed = refused and torch_variant == "cuda", refused and torch_variant is None
    asked = reported or unnamed or errors.of("torch_cpu_only") or errors.matching(others.CUDA_ASKED)
    on_cpu = torch_variant == "cpu" and others.runs_xpu(intels, matrix) and (refused or gpu_wanted)
    if intels and len(intels) == len(other_gpus) and not named and (asked or on_cpu or denied):
        text = others.of_no_xpu(torch_version, torch_variant, intels[0], denied=bool(denied))
        yield finding("host", text, fixes=others.on_intel(intels, matrix), confidence="medium")
        return
    built = {"rocm": "AMD GPUs (ROCm)", "xpu": others.INTEL_XPU}.get(torch_variant or "")
    gaudi = reported and bool(errors_seen) and "HPU" in other_gpus
    what = built or named or ("Intel Gaudi (HPU)" if gaudi else "")
    if (torch_variant == "cuda" and not gaudi) or not what:
        return
    message = others.in_words(what, failed=bool(named))
    severity = Severity.ERROR if named or gaudi else Severity.NOTE
    yield finding(
        "host", message, severity=severity, fixes=[others.unseen_device(what, named, container)]
    )
