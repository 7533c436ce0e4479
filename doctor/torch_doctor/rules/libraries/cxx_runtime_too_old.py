"""A library needs a newer C++ runtime (libstdc++) than the one that was loaded.

What it checks
    The loader's message that a version GLIBCXX_… or CXXABI_… was not found, and in which file.
Why it matters
    torch or the extension that needs it cannot be imported.
How to fix
    Put a newer libstdc++ first: the one of the conda environment, or that of a newer gcc.
References
    https://gcc.gnu.org/onlinedocs/libstdc++/manual/abi.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, ImportFailure
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

_TEXT = (
    r"(\S*libstdc\+\+\.so\.6\S*?): version [`'\"‘]?((?:GLIBCXX|CXXABI)_[\d.]+)['\"’]? not found"
    r"(?: \(required by (\S+?)\))?"
)


@rule("TD765", severity="error", cause="extension-abi-mismatch", breaks="import")
def check(
    errors: Errors,
    python_environment: str | None = None,
    import_failures: tuple[ImportFailure, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    for error in errors.matching(r"(?:GLIBCXX|CXXABI)_[\d.]+\S* not found"):
        match = re.search(_TEXT, error.text)
        if not match:
            continue
        place, version, module = match.groups()
        whose = (module or "").rpartition("/")[2] or "a library"
        torchs = "/torch/lib/" in (module or "")
        conda = python_environment == "conda"
        command = "conda install -c conda-forge libstdcxx-ng" if conda else ""
        text = (
            "install a newer libstdc++ in this environment"
            if conda
            else (
                "use a newer libstdc++ (that of a newer gcc), and take an old one out of LD_LIBRARY_PATH"
            )
        )
        yield finding(
            "libraries",
            f"{whose} needs {version}, which {place} does not have",
            cause="torch-install-broken" if torchs else None,
            fixes=[fixes.by_hand(text, *([command] if command else []))],
        )
        return
