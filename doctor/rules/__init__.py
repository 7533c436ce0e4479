"""The judgement: one rule, one file; its cases stand beside it. Adding the two files is adding the rule."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from doctor.rules._index import read_index

if TYPE_CHECKING:
    from doctor.core.rule import Rule


@cache
def load_rules() -> tuple[Rule, ...]:
    """Return every rule, by code. A rule's module is imported when the rule is first run or its text asked for."""
    return read_index()
