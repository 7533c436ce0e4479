"""This system uses musl, for which no torch is published.

What it checks
    The C library of the system, where torch is missing or does not import.
Why it matters
    torch's wheels are for glibc (manylinux). On Alpine and other musl systems pip finds none.
How to fix
    Use an image or system with glibc, such as Debian's or Ubuntu's.
References
    https://github.com/pytorch/pytorch/issues/98222
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known
from torch_doctor.core.records import UnresolvedRequirement
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes


@rule(
    "TD857", severity="error", cause="python-without-wheels", explains=("TD401", "TD404", "TD853")
)
def check(
    libc: str,
    torch_version: Fact[TorchVersion],
    torch_import_error: str | None = None,
    unresolved: tuple[UnresolvedRequirement, ...] = (),
) -> Iterator[Draft]:
    there = isinstance(torch_version, Known) or torch_version.lost
    broken = not there or torch_import_error is not None or unresolved
    if libc.startswith("musl") and broken:
        message = f"the system has {libc}; torch's wheels are for glibc"
        image = fixes.by_hand(
            "use an image with glibc, such as python:3.12-slim", scope="container"
        )
        yield finding("host", message, fixes=[image])
