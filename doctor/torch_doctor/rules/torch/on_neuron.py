"""The machine has Amazon's accelerators, for which CUDA does not exist.

What it checks
    Words that name Trainium or Inferentia, or an instance that has them, where no NVIDIA GPU is named.
Why it matters
    torch.cuda finds nothing there, and no driver of NVIDIA's changes that: torch reaches Neuron devices through
    torch-neuronx.
How to fix
    Follow the guide of the Neuron SDK, or take an instance with NVIDIA GPUs.
References
    https://awsdocs-neuron.readthedocs-hosted.com/en/latest/frameworks/torch/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen, Gpu, PciGpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_NEURON = regex(r"(?i)\b(?:trn\d|inf\d|trainium|inferentia|neuron)")
_CUDA_ASKED = (
    r"Torch not compiled with CUDA enabled|Found no NVIDIA driver on your system"
    r"|No CUDA GPUs are available|Torch is not able to use GPU"
)
_GUIDE = "https://awsdocs-neuron.readthedocs-hosted.com/en/latest/frameworks/torch/index.html"
_CODES = ("TD135", "TD144", "TD402")


@rule(
    "TD436",
    severity="error",
    cause="non-nvidia-platform",
    breaks="driver",
    explains=_CODES,
    about=("other_gpus",),
)
def check(
    other_gpus: tuple[str, ...],
    gpus: tuple[Gpu, ...] = (),
    pci_gpus: tuple[PciGpu, ...] = (),
    cuda_available: bool | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    named = next((name for name in other_gpus if _NEURON.search(name)), None)
    if named is None or gpus or pci_gpus or cuda_available:
        return
    asked = cuda_available is False or errors.matching(_CUDA_ASKED)
    message = (
        f"the machine has Neuron devices ({named}) and no NVIDIA GPU: CUDA does not exist there"
    )
    text = f"use torch-neuronx, AWS Neuron's package, or an instance with NVIDIA GPUs: {_GUIDE}"
    severity = None if asked else Severity.NOTE
    yield finding("host", message, fixes=[fixes.by_hand(text)], severity=severity)
