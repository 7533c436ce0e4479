"""Something imports a name that the installed triton does not have, and no versions are known.

What it checks
    Python's words "cannot import name … from 'triton…'", in a report that does not list torch and triton both.
Why it matters
    torch.compile and packages with triton kernels are made for one range of triton; plain torch runs.
How to fix
    Install the triton that torch pins.
References
    https://github.com/triton-lang/triton#quick-installation
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known
from torch_doctor.core.records import Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.packages._companion import triton_for_windows

_REFUSED = r"cannot import name '\w+' from 'triton\b"


@rule("TD518", severity="error", cause="triton-mismatch", explains=("TD512",))
def check(
    errors: Errors,
    cures: Cures,
    packages: Fact[tuple[Package, ...]],
    torch_version: Fact[TorchVersion],
    matrix: Matrix,
    os_family: str | None = None,
) -> Iterator[Draft]:
    beside = packages.lost or any(package.name == "triton" for package in packages.or_else(()))
    both = beside and (torch_version.lost or isinstance(torch_version, Known))
    refused = errors.matching(_REFUSED)
    if both or not refused:
        return
    message = f"what imports triton is made for another triton: {one_line(refused[0].text, 240)}"
    on_windows = os_family == "windows" or any(
        one.name == "triton-windows" for one in packages.or_else(())
    )
    torch = torch_version.or_else(None)
    pinned = [triton_for_windows(torch, matrix)] if on_windows else cures.companion("triton")
    pinned = pinned or [
        fixes.by_hand("install the triton that torch pins", "python -m pip show torch")
    ]
    because = errors.receipts("triton_name_gone")
    yield finding("triton", message, because=because, fixes=pinned, confidence="medium")
