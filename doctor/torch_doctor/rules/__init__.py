"""The judgement: one rule, one file; its cases stand beside it. Adding the two files is adding the rule."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module

from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.rules._index import read_index

if TYPE_CHECKING:
    from torch_doctor.core.rule import Rule


@cache
def load_rules() -> tuple[Rule, ...]:
    """Return every rule, by code. A rule's module is imported when the rule is first run or its text asked for."""
    return read_index()


def import_likely() -> Iterator[object]:
    """Import the modules of rules one by one, those first that can run on any host; not what speaks of rare things."""
    rules = [rule for rule in load_rules() if not rule.about]
    for rule in sorted(rules, key=lambda rule: len(rule.required)):
        yield import_module(rule.module)
