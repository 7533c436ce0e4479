"""libcuda does not answer inside WSL.

What it checks
    The CUDA that libcuda reports ("ERR!" in the head of nvidia-smi), and an nvidia-smi that ends with a fault.
Why it matters
    Windows' driver is there; its libcuda is not the one that is loaded, or the two do not fit each other.
How to fix
    Restart WSL after an update; remove any Linux driver from the distribution.
References
    https://docs.nvidia.com/cuda/wsl-user-guide/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Reason, Unavailable
from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ErrorSeen, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any, regex
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.wsl._remedies import IN_WORDS, in_order

_FAULT = r"nvidia-smi\b.{0,80}segmentation fault|segmentation fault.{0,60}\bnvidia-smi\b"
_BLOCKED = r"GPU access blocked by the operating system"
_NONE_FOUND = r"found no nvidia driver on your system"
# "works on Windows, but not in WSL": the driver is there, and what WSL lays into the distribution is not.
_WINDOWS_WORKS = regex(
    r"(?i)\b(?:works?|fine|ok|True)\b[^.;\n]{0,40}\b(?:on|in|under|from) (?:the )?(?:native |host |my )?windows\b"
    r"|\bwindows\b(?! subsystem)[^.;\n]{0,40}\b(?:works?|is fine|fine|True)\b"
)
_SILENCE = (Reason.CRASHED, Reason.TIMEOUT)


@rule("TD657", severity="error", cause="wsl", breaks="library", about=("wsl",))
def check(
    wsl: bool,
    driver_cuda: Fact[Any],
    cures: Cures,
    container: str | None = None,
    install_commands: tuple[str, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    torch_variant: str | None = None,
    remarks: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if not wsl or container or cuda_started(kernel_results, cuda_available):
        return
    gap = driver_cuda if isinstance(driver_cuda, Unavailable) else None
    faulted = errors.matching(_FAULT)
    silent = errors.of("smi_no_comm") or errors.matching(_BLOCKED)
    none_found = gap and errors.matching(_NONE_FOUND)
    seen = errors.matching(IN_WORDS)
    refused = cuda_available is False and torch_variant != "cpu"
    beside = refused and any(_WINDOWS_WORKS.search(remark.text) for remark in remarks)
    # nvidia-smi lies beside libcuda, in the folder that Windows lays into WSL
    gone = refused and errors.of("smi_absent")
    proven = errors.of("smi_cuda_err") or faulted or silent or none_found or beside or seen or gone
    if not (proven or (gap and gap.reason in _SILENCE)):
        return
    message = "libcuda does not say which CUDA it serves inside WSL, although the driver is there"
    if faulted:
        message = "nvidia-smi ends with a segmentation fault inside WSL"
    elif none_found or beside or gone:
        message = "torch finds no libcuda of the driver of Windows inside WSL"
    elif seen:
        message = "CUDA does not reach the driver of Windows from inside WSL"
    elif silent:
        message = "nvidia-smi does not reach the driver of Windows from inside WSL"
    blocked = bool(errors.matching(_BLOCKED))
    steps = in_order(cures.machine if blocked else None, commands=install_commands)
    severity = None if proven else Severity.WARNING  # no answer in time is a sign, and no proof
    yield finding("driver", message, severity=severity, fixes=steps, confidence="medium")
