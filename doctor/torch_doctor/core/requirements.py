"""Version ranges and environment markers: the plain ones at once, all others by packaging.

Nearly every requirement of the matrix and of torch's METADATA is plain, and importing packaging's grammars takes
longer than all else that a check does.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from functools import lru_cache

_CLAUSE = re.compile(r"(==|!=|<=|>=|<|>)\s*(\d+(?:\.\d+)*)")
_RELEASE = re.compile(r"\d+(?:\.\d+)*")
_TEST = re.compile(
    r"""\(?\s*(sys_platform|platform_system|platform_machine|os_name|extra)\s*(==|!=)\s*(["'])([A-Za-z][\w.-]*|)\3\s*\)?"""
)
_COMPARE = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


@lru_cache(4096)
def allows(specifier: str, version: str) -> bool | None:
    """Whether a range such as ``>=2.6,<2.9`` takes *version*, pre-releases too; None where it is no range."""
    clauses = [_CLAUSE.fullmatch(clause.strip()) for clause in specifier.split(",")]
    if _RELEASE.fullmatch(version) and all(clauses):
        own = _release(version)
        return all(_COMPARE[c[1]](own, _release(c[2])) for c in clauses if c)
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except InvalidSpecifier:
        return None
    except InvalidVersion:
        return False


def holds(marker: str, environment: Mapping[str, str]) -> bool | None:
    """Whether an environment marker holds in *environment*; None where it cannot be read."""
    tests = [_TEST.fullmatch(part.strip()) for part in marker.split(" and ")]
    if all(tests):
        return all(_COMPARE[t[2]](environment.get(t[1], ""), t[4]) for t in tests if t)
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


def _release(text: str) -> tuple[int, ...]:
    """Return the numbers of a release without zeros at its end: 2.8 is 2.8.0."""
    numbers = [int(part) for part in text.split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
