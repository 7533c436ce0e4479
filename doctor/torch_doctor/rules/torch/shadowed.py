"""Something else named torch is imported instead of the installed torch.

What it checks
    A torch.py or torch/ in the working directory or earlier on the search path, and the errors that it gives.
Why it matters
    Programs that start there import that file: "module 'torch' has no attribute", "partially initialized module".
    torch-doctor runs isolated and does not meet it.
How to fix
    Rename the file, or start the program in another directory.
References
    https://docs.python.org/3/library/sys_path_init.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_HARM = (
    r"partially initialized module 'torch'"
    r"|module 'torch' has no attribute '(?:cuda|nn|Tensor|__version__|device|tensor)'"
    r"|Failed to load PyTorch C extensions|No module named 'torch\._C'"
)


@rule(
    "TD424",
    severity="error",
    cause="torch-install-broken",
    explains=("TD404",),
    about=("torch_shadows", "errors"),
)
def check(
    torch_shadows: tuple[str, ...] = (),
    torch_import_error: str | None = None,
    pythonpath: str | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    seen = errors.matching(_HARM)
    if not torch_shadows and not seen:
        return
    what = torch_shadows[0] if torch_shadows else "a file or directory named torch"
    entries = [entry.rstrip("/") for entry in (pythonpath or "").split(":") if entry]
    first = what.rstrip("/").rpartition("/")[0] in entries
    place = "on PYTHONPATH" if first else "in the working directory"
    who = "" if first else " by a program that is started there"
    message = (
        f"{what} {place} is imported instead of the installed torch{who}"
        if torch_shadows
        else ("something else named torch was imported instead of the installed torch")
    )
    rename = fixes.by_hand(f"rename or move {what}, or start programs in another directory")
    severity = None if seen or first or (torch_import_error and torch_shadows) else Severity.WARNING
    yield finding("torch", message, severity=severity, fixes=[rename])
