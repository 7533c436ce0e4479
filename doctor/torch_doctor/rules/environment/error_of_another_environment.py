"""The error comes from another environment than the one that was reported.

What it checks
    The Python in the paths of error texts, and the torch that they name, against those of the report.
Why it matters
    Facts of one environment do not explain the failure of another.
How to fix
    Make the report with the Python that failed (its path is in the error text).
References
    https://docs.python.org/3/library/site.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

_PYTHON = r"[/\\](?:python|Python)(3)\.?(\d{1,2})t?[/\\](?:lib[/\\])?(?:site|dist)-packages[/\\]"


@rule("TD901", severity="warning", cause="report-not-from-failing-env")
def check(
    errors: Errors,
    python_tag: str | None = None,
    build_isolated: bool | None = None,
    torch_version: TorchVersion | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    match = re.fullmatch(r"cp(3)(\d{1,2})[tm]?", python_tag or "")
    if not match or build_isolated:
        return
    own = int(match[2])
    named = {
        int(found[2])
        for error in errors.matching("-packages")
        for found in re.finditer(_PYTHON, error.text)
    }
    if named and own not in named:
        others = " and ".join(f"3.{minor}" for minor in sorted(named))
        text = "make the report with the Python whose path the error names"
        yield finding(
            "report",
            f"the error comes from Python {others}, the report from Python 3.{own}",
            fixes=[fixes.by_hand(text)],
        )
