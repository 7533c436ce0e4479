"""A file named like a module that torch imports lies where a program is started.

What it checks
    Files such as random.py, types.py or numpy.py in the working directory or on PYTHONPATH, by name alone, and the
    hint of Python 3.13 that a file should be renamed.
Why it matters
    A program's own directory comes before the standard library: torch imports the file, and fails with "cannot import
    name" or "has no attribute". The check itself leaves the working directory out, and meets the file where it lies on
    PYTHONPATH.
How to fix
    Rename the file, or start the program in another directory.
References
    https://docs.python.org/3/library/sys_path_init.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing, one_line, plural
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.torch._python_path import folder_of, path_entries

# Python 3.13 names the file, and the module that it hides.
_HINT = r"consider renaming '[^'\n]{1,300}' (?:since|if) it has the same name as"
_FEW = 3
_ENOUGH = 60  # letters that tell one error from another


@rule(
    "TD426",
    severity="warning",
    cause="torch-install-broken",
    explains=("TD404", "TD424", "TD438"),
    about=("dependency_shadows", "plain_import_error", "errors"),
)
def check(
    dependency_shadows: tuple[str, ...] = (),
    pythonpath: str | None = None,
    plain_import_error: str | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    hinted = errors.matching(_HINT)
    if hinted:
        hint = one_line(hinted[0].text, 300)
        rename = fixes.by_hand("rename the file that the error names, or start programs elsewhere")
        message = f"a program's own file hides a module of Python: {hint}"
        yield finding("torch", message, severity=Severity.ERROR, fixes=[rename])
        return
    if not dependency_shadows:
        return
    entries = path_entries(pythonpath)
    # those on PYTHONPATH are in the way of every program
    ordered = sorted(dependency_shadows, key=lambda path: folder_of(path) not in entries)
    first, folder = ordered[0], folder_of(ordered[0])
    everywhere = folder in entries
    # a traceback of a report shows what a program met, wherever it was started
    met = bool(plain_import_error and errors.matching(re.escape(plain_import_error[:_ENOUGH])))
    tried = plain_import_error and (everywhere or met) and one_line(plain_import_error, 200)
    place = folder or ("/" if "/" in first else "its folder")
    who = "no program" if everywhere else f"no program that is started in {place}"
    shown = listing(ordered[:_FEW])
    more = len(dependency_shadows) - _FEW
    shown += f" and {plural(more, 'more file')}" if more > 0 else ""
    hides = "hides a module" if len(dependency_shadows) == 1 else "hide modules"
    message = f"{shown} {hides} that torch needs: {who} can import torch"
    severity = Severity.ERROR if tried else None  # with PYTHONPATH as programs have it
    message += f" ({tried})" if tried else ""
    rename = fixes.by_hand(f"rename or move {first}, or start programs in another directory")
    yield finding("torch", message, severity=severity, fixes=[rename])
