"""conda's pytorch channel was asked for a torch that it never had.

What it checks
    conda commands that name the channel pytorch, against the last release that it served.
Why it matters
    The solver finds nothing, or takes an old or a CPU build.
How to fix
    Install from conda-forge (pytorch-gpu) or with pip.
References
    https://github.com/pytorch/pytorch/issues/138506
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import UnresolvedRequirement
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.store import Matrix, receipt

_ASKS = r"\b(?:conda|mamba|micromamba)\b.*(?:-c|--channel)[ =]+pytorch\b"
_RELEASE = r"\bpytorch ?={1,2} ?(\d+(?:\.\d+)+)"


@rule("TD858", severity="error", cause="wheel-index-wrong", explains=("TD401", "TD853"))
def check(
    install_commands: tuple[str, ...],
    matrix: Matrix,
    unresolved: tuple[UnresolvedRequirement, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    row = next((row for row in matrix.end_of_line if row.package == "conda channel pytorch"), None)
    if row is None:
        return
    for command in install_commands:
        wanted = re.search(_RELEASE, command)
        if not re.search(_ASKS, command) or not wanted or _numbers(wanted[1]) <= _numbers(row.last):
            continue
        yield finding(
            "index",
            f"conda's pytorch channel ended with torch {row.last}; {wanted[1]} was asked for",
            severity=None if unresolved or cuda_available is False else Severity.WARNING,
            because=[receipt("end_of_line", row)],
            fixes=[
                fixes.by_hand(
                    "install it from conda-forge",
                    f"conda install -c conda-forge pytorch-gpu={wanted[1]}",
                ),
                fixes.by_hand("install it with pip", f"python -m pip install torch=={wanted[1]}"),
            ],
        )
        return


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))
