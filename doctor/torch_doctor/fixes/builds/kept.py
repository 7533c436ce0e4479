"""A module that torch compiled when it was first called, and takes again as it is. Shared by rules on extensions."""

from __future__ import annotations

import re

from torch_doctor.core.finding import Action
from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.startup import regex
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.quoting import word

# Where torch keeps them, unless a program names a folder: ~/.cache/torch_extensions/py310_cu121/NAME.
_KEPT = regex(
    r"((?:~|/)[^\s:'\"]{0,200}/torch_extensions(?:/py\d{2,3}_(?:cu\d{2,3}|cpu))?/([\w.-]{1,60}))/[\w.-]{1,80}\.so\b"
)
_NOTHING_DONE = r"\bninja: no work to do\b"


def kept_from_before(
    errors: tuple[ErrorSeen, ...], remarks: tuple[ErrorSeen, ...]
) -> tuple[Action, ...]:
    """Return how a module is compiled anew that torch kept from another torch or toolkit, where a text shows that."""
    folder = next((match[1] for error in errors if (match := _KEPT.search(error.text))), None)
    unchanged = any(re.search(_NOTHING_DONE, remark.text) for remark in remarks)
    if folder is None and not unchanged:
        return ()
    what = (
        "delete the build folder of the extension, so that it is compiled again for the torch that is installed: ninja "
        "keeps what it compiled before as long as its sources stay"
    )
    where = (
        ""
        if folder
        else " (the folder of build.ninja that the log names, or its part of ~/.cache/torch_extensions)"
    )
    commands = () if folder is None else (f"rm -r {word(folder)}",)
    return (fixes.by_hand(what + where, *commands),)
