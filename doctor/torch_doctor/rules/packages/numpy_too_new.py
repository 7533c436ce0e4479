"""NumPy 2 is installed beside a torch, or a module, that was built for NumPy 1.

What it checks
    The NumPy that each torch was built to work with, and NumPy's message about modules compiled for NumPy 1.
Why it matters
    Tensors and arrays cannot be converted: "Numpy is not available". Code that converts on import crashes.
How to fix
    Install NumPy 1 (numpy<2), or a newer torch (or a newer release of the module that is named).
References
    https://github.com/pytorch/pytorch/issues/132179
    https://numpy.org/doc/stable/numpy_2_0_migration_guide.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.fact import Fact
from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.builds.rows import NumpyAbi
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.rules.packages._pins import Pin, accepts, first_of_each

_HARM = r"compiled using NumPy 1\.x|_ARRAY_API not found|Numpy is not available"
_HARM += r"|numpy\.dtype size changed, may indicate binary incompatibility"


@rule("TD517", severity="warning", cause="numpy2-abi", explains=("TD404",))
def check(
    matrix: Matrix,
    cures: Cures,
    packages: Fact[tuple[Package, ...]],
    torch_version: TorchVersion | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    seen = errors.matching(_HARM) or errors.of("numpy2_abi")
    numpy = first_of_each(packages.or_else(())).get("numpy")
    absent = packages.lost or (packages.or_else(()) and numpy is None)
    row = _row(matrix, torch_version, numpy)
    if row is None and (not seen or absent):
        return
    numbered = re.search(r"NumPy (2[\d.]*\d)", seen[0].text) if seen else None
    which = numpy.version if numpy else numbered[1] if numbered else "2"
    message = f"a module that was built for NumPy 1 is used with NumPy {which}"
    if row is not None:
        message = (
            f"torch {torch_version} was built for numpy{row.numpy}, NumPy {which} is installed"
        )
    newer = cures.another_build()[-1:] if row is not None else ()
    yield finding(
        "numpy",
        message,
        severity=Severity.ERROR if seen else None,
        because=[receipt("numpy_abi", row)] if row else errors.receipts("numpy2_abi"),
        fixes=[cures.put("install NumPy 1", "numpy<2"), *newer],
    )


def _row(matrix: Matrix, torch: TorchVersion | None, numpy: Package | None) -> NumpyAbi | None:
    """Return the row that the installed NumPy violates, or None."""
    if torch is None or numpy is None or not torch.is_release:
        return None
    rows = (row for row in matrix.numpy_abi if accepts(Pin("torch", row.torch), torch.public))
    row: NumpyAbi | None = next(rows, None)
    return row if row and not accepts(Pin("numpy", row.numpy), numpy.version) else None
