"""torch refuses what TORCH_LOGS says.

What it checks
    The words of torch's own logging, which reads the variable at import.
Why it matters
    The import fails, and with it every program that has the variable.
How to fix
    Unset the variable, or name what torch can log: TORCH_LOGS=help lists it.
References
    https://docs.pytorch.org/docs/stable/logging.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors


@rule(
    "TD439",
    severity="error",
    cause="environment-variable",
    breaks="import",
    explains=("TD413", "TD974"),
)
def check(errors: Errors) -> Iterator[Draft]:
    seen = errors.of("torch_logs_refused")
    if seen:
        text = one_line(seen[0].text, 120)
        unset = fixes.unset_variable("TORCH_LOGS", "torch logs what it does by itself")
        because = errors.receipts("torch_logs_refused")
        message = f"torch refuses TORCH_LOGS: {text}"
        yield finding("environment", message, because=because, fixes=[unset])
