"""Tests of the whole program that rest on a rule: they go with its two files, like the cases beside it.

What is said of the program's own machinery asks ``tests.samples`` for some rule, or makes one; only a test whose subject is
the answer of one rule names it here.
"""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.rules import load_rules

from tests.rules.codes import table

_NAMES = {rule.name: rule.code for rule in load_rules()}
# Each cause, and the codes of the rules that name it.
NAMED_BY: dict[str, tuple[str, ...]] = {
    cause: tuple(code for code, row in table().items() if cause in row.causes)
    for cause in sorted({cause for row in table().values() for cause in row.causes})
}


def rests_on(*codes: str) -> pytest.MarkDecorator:
    """Return the mark of a test that rests on these rules; raise ValueError for a code that was never given."""
    gone = ", ".join(code for code in codes if _is_gone(code))
    return pytest.mark.skipif(bool(gone), reason=f"it rests on {gone}, which is gone")


def _is_gone(code: str) -> bool:
    if code in _NAMES.values():
        return False
    if code not in table():
        msg = f"{code} is no rule's code, and never was: tests/rules/codes.yaml lists them all"
        raise ValueError(msg)
    name = table()[code].name
    if name in _NAMES:
        msg = f"{code} is no rule's code: {name} is {_NAMES[name]}"
        raise ValueError(msg)
    return True


def rests_on_cause(cause: str | None) -> pytest.MarkDecorator:
    """Return the mark of a test whose answer is *cause*, from whichever rule."""
    return rests_on(*NAMED_BY.get(cause or "", ()))


def resting(answer: str | None, *values: Any, **also: Any) -> Any:
    """Return the parameters of a test whose answer is a cause, or a verdict, which rests on no single rule."""
    return pytest.param(*values, **also, marks=rests_on_cause(answer))
