"""Environment markers of requirements: the plain ones at once, all others by packaging.

Nearly every requirement of torch's METADATA is plain, and importing packaging's grammars takes longer than all else
that a check does.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch_doctor.core.startup import regex

_TEST = regex(
    r"""\(?\s*(sys_platform|platform_system|platform_machine|os_name|extra)\s*(==|!=)\s*(["'])([A-Za-z][\w.-]*|)\3\s*\)?"""
)


def holds(marker: str, environment: Mapping[str, str]) -> bool | None:
    """Whether an environment marker holds in *environment*; None where it cannot be read."""
    tests = [_TEST.fullmatch(part.strip()) for part in marker.split(" and ")]
    if all(tests):
        return all((environment.get(t[1], "") == t[4]) is (t[2] == "==") for t in tests if t)
    from packaging.markers import (
        InvalidMarker,
        Marker,
        UndefinedComparison,
        UndefinedEnvironmentName,
    )

    unreadable = (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName)
    try:
        return Marker(marker[:4096]).evaluate(dict(environment))
    except (*unreadable, ValueError, RecursionError):
        return None
