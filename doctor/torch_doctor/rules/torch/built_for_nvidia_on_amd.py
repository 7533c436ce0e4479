"""torch was built for CUDA although the only GPU here is AMD's.

What it checks
    The installed build is a CUDA build (or failed in the words of one), or a program asked a build without CUDA for it,
    on a host with an AMD GPU and no NVIDIA GPU.
Why it matters
    A CUDA build never sees an AMD GPU.
How to fix
    Install a ROCm build.
References
    https://pytorch.org/get-started/locally/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen, Gpu, PciGpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.torch._others import is_model, on_amd, on_amd_in_words
from torch_doctor.rules.torch._wishes import wanted

_OF_CUDA_BUILD = r"Found no NVIDIA driver|CUDA driver version is insufficient for CUDA runtime"
_NO_GPU = (
    r"Torch is not able to use GPU|No CUDA GPUs are available|no CUDA-capable device is detected"
)
_AMD = r"(?i)\bAMD\b|Radeon|Instinct|\bRX[ -]?\d{3,4}|\bgfx\d|\bVega\b|\b\d{4} ?(?:XTX?|GRE)\b"


@rule(
    "TD411",
    severity="error",
    cause="rocm-vs-cuda",
    breaks="driver",
    explains=("TD120", "TD135", "TD310", "TD402"),
    about=("other_gpus",),
)
def check(
    other_gpus: tuple[str, ...],
    matrix: Matrix,
    torch_variant: str | None = None,
    gpus: tuple[Gpu, ...] = (),
    pci_gpus: tuple[PciGpu, ...] = (),
    torch_version: TorchVersion | None = None,
    required_gpus: int | None = None,
    cuda_asked_for: bool | None = None,
    notebook_service: str | None = None,
    os_family: str | None = None,
    install_indexes: tuple[str, ...] = (),
    install_commands: tuple[str, ...] = (),
    cuda_available: bool | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
    remarks: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    amd = [name for name in other_gpus if re.search(_AMD, name)]
    # these words are those of a CUDA build; one without CUDA says that it was not compiled with it
    in_words = torch_variant != "cpu" and bool(errors.matching(_OF_CUDA_BUILD))
    refused = errors.of("torch_cpu_only") or errors.matching(_NO_GPU)
    kept = any("already satisfied: torch" in remark.text for remark in remarks)
    asked = bool(cuda_asked_for or cuda_available is False or refused or kept)
    # where NVIDIA GPUs are asked for, another maker's is not cured by a build
    on_cpu = torch_variant == "cpu" and required_gpus is None and is_model(amd)
    without = torch_variant != "rocm" and (asked or on_cpu)
    if not amd or gpus or pci_gpus or not (torch_variant == "cuda" or in_words or without):
        return
    if notebook_service or os_family == "darwin":
        return  # a service's machine, whatever GPU is at home; on a Mac no build is for CUDA or ROCm
    cures = on_amd(amd, os_family, (*install_indexes, *install_commands), matrix)
    wished = asked or wanted(errors, required_gpus)
    least = Severity.WARNING if torch_variant == "cpu" else Severity.NOTE
    severity = None if wished or errors.matching(r"HIP|NVIDIA driver|CUDA") else least
    confidence = "high" if is_model(amd) else "medium"  # a maker alone may be the processor's
    text = on_amd_in_words(amd[0], torch_version, torch_variant, refused=in_words, kept=kept)
    yield finding("torch", text, severity=severity, fixes=cures, confidence=confidence)
