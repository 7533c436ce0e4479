"""A GPU that ran a first kernel hangs or crashes under work.

What it checks
    Stages of the deep check on one GPU that did not end in their time, or that took the process down.
Why it matters
    A short check passes and a real program stops. Heat, power and failing memory show under load.
How to fix
    Read the kernel log for Xids; run the vendor's diagnostics; look at the last words of the process.
References
    https://docs.nvidia.com/deploy/xid-errors/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import DeepResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.deep._reading import cause_of, quoted, single


@rule("TD961", severity="warning")
def check(deep_results: tuple[DeepResult, ...], matrix: Matrix) -> Iterator[Draft]:
    for result in single(deep_results, "hung", "crashed"):
        what = "does not end" if result.status == "hung" else "takes the process down"
        place = "torch" if result.gpu is None else f"gpu:{result.gpu}"
        where = "" if result.gpu is None else f" on GPU {result.gpu}"
        log = fixes.by_hand(
            "read what the kernel says about it", "sudo dmesg | grep -iE 'nvrm|xid'", root=True
        )
        message = f"{result.stage}{where} {what}: {quoted(result)}"
        cause = cause_of(result.error, matrix, "unexplained")
        yield finding(place, message, cause=cause, fixes=[log])
