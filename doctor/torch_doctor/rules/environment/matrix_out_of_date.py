"""The matrix that judged is older than two months.

What it checks
    The day on which the newest row of the matrix was checked, against the day of the report.
Why it matters
    A torch release comes every two months, a driver every month. What came since is judged from what the machine's own
    files say, and where they do not say it, it is unknown. What is on record stays true.
How to fix
    Update torch-doctor, or take a newer matrix: torch-doctor matrix update --from FILE or an https address.
References
    https://github.com/pytorch/pytorch/blob/main/RELEASE.md
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.matrix.store import Matrix


@rule("TD907", severity="note", cause=None, about=("matrix_age_days",))
def check(matrix_age_days: int, matrix: Matrix) -> Iterator[Draft]:
    if matrix_age_days > 0:
        yield finding(
            "matrix",
            f"the matrix of {matrix.version} is {matrix_age_days} days old: drivers, GPUs and builds that came since "
            "are not in it",
        )
