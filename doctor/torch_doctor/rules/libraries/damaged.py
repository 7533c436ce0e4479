"""Libraries that torch brings along are missing, cut short or no libraries.

What it checks
    The libraries of NVIDIA's wheels (cuBLAS, cuDNN, NCCL …) against the sizes in RECORD and against their own headers;
    with the driver proof every file that RECORD names, with --deep its hash, too.
Why it matters
    The import fails, or the first product or convolution does. Where the system has a copy, that one steps in, of
    whichever release.
How to fix
    Install the same packages again, with room on the disk.
References
    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import KernelResult, LibraryFile, ProofStep
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.libraries._wheels import brought_by, file_of, part_of

_CODES = (
    *("TD413", "TD432", "TD750", "TD751", "TD752", "TD753", "TD754", "TD757"),
    *("TD759", "TD760", "TD761", "TD767", "TD768", "TD769", "TD975", "TD978"),
)
_FEW = 3


@rule(
    "TD771",
    severity="error",
    cause="torch-install-broken",
    breaks="import",
    explains=_CODES,
    about=("library_damage", "recorded_damage"),
)
def check(
    library_damage: tuple[str, ...],
    cures: Cures,
    matrix: Matrix,
    recorded_damage: tuple[str, ...] = (),
    library_picks: tuple[LibraryFile, ...] = (),
    torch_libraries_missing: tuple[str, ...] = (),
    torch_import_error: str | None = None,
    torch_cuda: CudaVersion | None = None,
    driver_proof: tuple[ProofStep, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    others = [fault for fault in recorded_damage if not fault.startswith("torch")]
    damage = list(dict.fromkeys((*library_damage, *others)))
    if not damage:
        return
    # what torch maps when it is imported comes first
    loaded = {pick.path.rpartition("/")[2] for pick in library_picks} | {*torch_libraries_missing}
    ordered = sorted(damage, key=lambda fault: file_of(fault) not in loaded)
    ran = bool(kernel_results) and all(one.ok and not one.error for one in kernel_results)
    refused = any(step.step == "library" and not step.ok for step in driver_proof)
    failed = torch_import_error or refused or any(one.error for one in kernel_results)
    worst, first = ordered[0], file_of(ordered[0])
    felt = any(part_of(fault) in seen.text.lower() for seen in errors.all for fault in damage)
    lost = ".so" in first and worst.endswith("is missing") and not worst.startswith("triton/")
    yield finding(
        "libraries",
        f"libraries that torch brings are damaged: {listing(ordered[:_FEW])}{_rest(damage)}",
        cause="cuda-libs-missing" if lost else None,
        severity=None if felt or (not ran and (failed or first in loaded)) else Severity.WARNING,
        fixes=[cures.torch_again(brought_by(first, torch_cuda, matrix))],
    )


def _rest(damage: list[str]) -> str:
    return f" and {len(damage) - _FEW} more" if len(damage) > _FEW else ""
