"""What the loader refused: a file that is missing, a symbol that is undefined, a version that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, ImportFailure
from torch_doctor.core.startup import regex

_LIBRARY = regex(
    r"(?:(\S+): )?(lib[\w.+-]+?\.so[.\d]*)[`'\")]{0,2}:? cannot open shared object file",
    re.IGNORECASE,
)
# glibc's second wording is for a library that offers versions of symbols, but not this one
_SYMBOL = regex(
    r"(?:(\S+): )?(?:\bu\w{0,5}fined symbol: (?=\w+(?:, version)?)|symbol (?=\w+, version \S+ not defined in file))"
    r"(\w+)(?:, version (\S+))?",
    re.IGNORECASE,
)


def refused(seen: ErrorSeen) -> Iterator[ImportFailure]:
    """Yield what the loader says in one text; the module is the last part of its path."""
    folded = seen.text.lower()
    for module, library in _LIBRARY.findall(seen.text) if "cannot open shared" in folded else ():
        yield ImportFailure(_file_name(module), missing=library, line=seen.line)
    for module, symbol, version in _SYMBOL.findall(seen.text) if "symbol" in folded else ():
        yield ImportFailure(
            _file_name(module), symbol=symbol, version=version or None, line=seen.line
        )


def _file_name(path: str) -> str | None:
    """Return the file of a path; the name of an exception (``ImportError``) is none."""
    name = path.rpartition("/")[2]
    return name if "." in name else None
