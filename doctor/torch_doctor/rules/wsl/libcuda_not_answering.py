"""libcuda does not answer inside WSL.

What it checks
    The CUDA that libcuda reports, which nvidia-smi shows as "CUDA Version: ERR!" where it gets no answer, and an
    nvidia-smi that ends with a segmentation fault.
Why it matters
    nvidia-smi asks libcuda for that number. Windows' driver is there, its libcuda is not the one that is loaded,
    or the two do not fit each other.
How to fix
    Restart WSL after a driver update; remove any Linux driver from the distribution; update WSL and the driver.
References
    https://docs.nvidia.com/cuda/wsl-user-guide/index.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch_doctor.core.fact import Fact, Reason, Unavailable
from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_FAULT = r"nvidia-smi\b.{0,80}segmentation fault|segmentation fault.{0,60}\bnvidia-smi\b"
_BLOCKED = r"GPU access blocked by the operating system"
_NONE_FOUND = r"found no nvidia driver on your system"
_NO_ANSWER = (Reason.CRASHED, Reason.TIMEOUT)


@rule("TD657", severity="error", cause="wsl", explains=("TD111", "TD117", "TD409"))
def check(
    wsl: bool,
    driver_cuda: Fact[Any],
    container: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if not wsl or container or cuda_started(kernel_results, cuda_available):
        return
    refused = errors.of("smi_cuda_err")
    unanswered = isinstance(driver_cuda, Unavailable) and driver_cuda.reason in _NO_ANSWER
    faulted = errors.matching(_FAULT)
    silent = errors.of("smi_no_comm") or errors.matching(_BLOCKED)
    none_found = isinstance(driver_cuda, Unavailable) and bool(errors.matching(_NONE_FOUND))
    proven = refused or faulted or silent or none_found
    if not (proven or unanswered):
        return
    restart = fixes.by_hand(
        "update WSL and the NVIDIA driver of Windows, then restart WSL",
        "wsl.exe --update",
        "wsl.exe --shutdown",
        scope="host",
    )
    purge = fixes.by_hand(
        "remove any Linux driver from inside WSL",
        "sudo apt-get purge 'nvidia-driver-*' 'libnvidia-*' 'nvidia-utils-*'",
        scope="host",
        root=True,
    )
    message = "libcuda does not say which CUDA it serves inside WSL, although the driver is there"
    if faulted:
        message = "nvidia-smi ends with a segmentation fault inside WSL"
    elif none_found:
        message = "torch finds no libcuda of the driver of Windows inside WSL"
    elif silent:
        message = "nvidia-smi does not reach the driver of Windows from inside WSL"
    # No answer in time is a sign, and no proof.
    severity = None if proven else Severity.WARNING
    yield finding("driver", message, severity=severity, fixes=[restart, purge], confidence="medium")
