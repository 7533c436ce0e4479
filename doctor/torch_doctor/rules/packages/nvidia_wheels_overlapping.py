"""NVIDIA packages for two CUDA majors are installed and write the same files.

What it checks
    Pairs such as nvidia-cudnn-cu12 and nvidia-cudnn-cu13 in one environment: both own nvidia/cudnn/lib. Or a report
    says so of its requirements, beside a symbol that such a mix lacks.
Why it matters
    The one that was installed last wins, whichever torch needs. Uninstalling one breaks the other.
How to fix
    Remove the packages of the other CUDA major, then install torch's own again; or make the environment anew.
References
    https://github.com/pytorch/pytorch/issues/119932
    https://github.com/NVIDIA/nccl/issues/1784
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.core.text import listing, one_line
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.rules.packages._overlap import doubled_by_major, one_major

_MAJOR = regex(r"(?i)\bcu(1[1-9])\b")
_OF_PACKAGES = regex(r"(?i)\b(?:packages|wheels|librar|requirements|dependenc)")
_HARM = r"undefined symbol:? (?:nccl|cudnn|nvshmem|cusparseLt)|CUDNN_STATUS_|libcudart\.so\.\d+: cannot open"


@rule(
    "TD516",
    severity="warning",
    cause="nvidia-pip-mismatch",
    breaks="import",
    explains=("TD432", "TD515", "TD756", "TD758", "TD761"),
    about=("packages", "errors"),
)
def check(
    cures: Cures,
    matrix: Matrix,
    packages: tuple[Package, ...] = (),
    torch_cuda: CudaVersion | None = None,
    torch_origin: str | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
    remarks: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    doubled = doubled_by_major(packages, matrix)
    seen = errors.matching(_HARM)
    listed = next((r.text for r in remarks if len(set(_MAJOR.findall(r.text))) > 1), None)
    if doubled:
        pairs = [" and ".join(p.name for p in found.values()) for found in doubled.values()]
        message = f"{listing(pairs)} are both installed and write the same files"
    elif listed and seen and _OF_PACKAGES.search(listed):
        message = f"packages of two CUDA majors write the same files: {one_line(listed, 160)}"
    else:
        return
    if seen:
        message += f"; seen: {one_line(seen[0].text, 200)}"
    severity = Severity.ERROR if seen else None
    yield finding(
        "packages",
        message,
        severity=severity,
        because=[receipt("shared_libraries", row) for row in doubled],
        fixes=one_major(doubled, torch_cuda, cures),
    )
