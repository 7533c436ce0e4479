"""One of several uses of a machine: what is set for it, says nothing of the others."""

from __future__ import annotations

from torch_doctor.core.startup import regex
from torch_doctor.pastes.text.paste import Paste

_HIDING = ("", "-1", "nodevfiles")
_MEANT = regex(
    r"\b(?:CPU|(?:unit|integration|smoke) tests?|(?:the|our|my|for|in) (?:tests?|CI|test suite|linters?))\b"
)
_WORKS = regex(
    r"\b(?:jobs?|train\w*|runs?|services?|production|scripts?|inference|servers?|workers?|everything else|the rest)\b"
    r"[^.;\n]{0,60}\b(?:works?|runs?|is fine|are fine|trains?)\b",
    2,
)
_COMPLAINT = (
    *(
        "error",
        "fail",
        "not work",
        "n't work",
        "no cuda",
        "not available",
        "unavailable",
        "cannot",
        "can't",
    ),
    *(
        "no gpu",
        "false",
        "not see",
        "n't see",
        "not find",
        "n't find",
        "not detect",
        "n't detect",
        "forgot",
        "why ",
    ),
    *("no longer", "stopped"),
)


def is_meant(mask: str, text: str, paste: Paste) -> bool:
    """Whether the line *text* says that a *mask* of no GPU is wanted for one use, and GPUs work in another."""
    if mask.strip().lower() not in _HIDING or not _MEANT.search(text):
        return False
    return not paste.has(*_COMPLAINT) and any(map(_WORKS.search, paste.lines))
