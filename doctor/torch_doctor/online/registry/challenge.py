"""What a registry asks for before it answers: WWW-Authenticate, taken apart."""

from __future__ import annotations

import re

from torch_doctor.core.tuples import NamedTuple

_SCHEME = re.compile(r"\s*,?\s*([A-Za-z][A-Za-z0-9-]*)(?:\s+|(?=,)|$)")
_PARAMETER = re.compile(r'\s*,?\s*([A-Za-z][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


class Challenge(NamedTuple):
    """One way to prove who asks: bearer (a token from *realm*) or basic; *given* are its parameters."""

    scheme: str
    given: dict[str, str]


def challenges(header: str) -> list[Challenge]:
    """Return the challenges of a header, in their order; what cannot be read ends them."""
    found: list[Challenge] = []
    place, text = 0, header[:8192]
    while place < len(text):
        parameter = _PARAMETER.match(text, place) if found else None
        if parameter is not None:
            quoted = parameter[2]
            value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else parameter[3]
            found[-1].given[parameter[1].lower()] = value
            place = parameter.end()
            continue
        scheme = _SCHEME.match(text, place)
        if scheme is None:
            break
        found.append(Challenge(scheme[1].lower(), {}))
        place = scheme.end()
    return found
