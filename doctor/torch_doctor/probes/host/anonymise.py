"""Recordings without identifiers: texts in which a path must stay a path and a UUID a UUID."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from torch_doctor.core.startup import regex

_UUID = regex(r"\b(GPU|MIG)-([0-9A-Fa-f]{4,8}(?:-[0-9A-Fa-f]{0,12}){0,4})(?![0-9A-Za-z-])")
_BARE_UUID = regex(
    r"(?<![0-9A-Za-z-])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z-])"
)
_PSEUDONYM = "-0000-0000-0000-000000000000"
_SOMEBODY = regex(r"(?<![\w.-])(/home|/Users|[A-Za-z]:\\Users)([/\\])([^/\\:;\s'\"]+)")
_ORDINARY = ("root", "user", "nobody", "ubuntu", "runner", "")


def cleaner(environ: Mapping[str, str]) -> Callable[[str], str]:
    """Return the function that anonymises one text; it remembers the UUIDs that it has met."""
    pseudonyms: dict[str, str] = {}
    user = environ.get("USER") or environ.get("LOGNAME") or environ.get("USERNAME") or ""
    home = (environ.get("HOME") or environ.get("USERPROFILE") or "").rstrip("/\\")
    own = re.compile(rf"(?<![\w.-]){re.escape(home)}(?![\w.-])") if _names_somebody(home) else None
    name = re.compile(rf"(?<=/){re.escape(user)}(?=/|:|$)") if user not in _ORDINARY else None

    def pseudonym(match: re.Match[str]) -> str:
        return f"{match[1]}-{_number_of(match[2].lower(), pseudonyms)}"

    def clean(text: str) -> str:
        text = _UUID.sub(pseudonym, text)
        text = _BARE_UUID.sub(lambda match: _number_of(match[0].lower(), pseudonyms), text)
        text = own.sub("~", text) if own else text
        text = _SOMEBODY.sub(r"\1\2USER", text)
        return name.sub("$USER", text) if name else text

    return clean


def _names_somebody(home: str) -> bool:
    return home.rpartition("/")[2].rpartition("\\")[2] not in _ORDINARY


def _number_of(uuid: str, pseudonyms: dict[str, str]) -> str:
    """Return the pseudonym of a UUID; a beginning of exactly one that was met before counts as that one."""
    if uuid.endswith(_PSEUDONYM):
        return uuid
    if uuid not in pseudonyms:
        whole = {known for known in pseudonyms if known.startswith(uuid)}
        if len(whole) == 1:
            return pseudonyms[whole.pop()]
        pseudonyms[uuid] = f"{len(pseudonyms):08x}{_PSEUDONYM}"
    return pseudonyms[uuid]
