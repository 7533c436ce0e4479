"""The judgement: one rule, one file; its cases stand beside it. Adding the two files is adding the rule."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module

from doctor.core.rule import Rule


@cache
def load_rules() -> tuple[Rule, ...]:
    """Return every rule, by code. Families are the folders of this package; rules are the modules in them."""
    here = os.path.dirname(__file__)
    names = [
        f"{__name__}.{family}.{file[:-3]}"
        for family in sorted(os.listdir(here))
        if os.path.isdir(os.path.join(here, family)) and not family.startswith("_")
        for file in sorted(os.listdir(os.path.join(here, family)))
        if file.endswith(".py") and not file.startswith("_")
    ]
    rules = [import_module(name).check for name in names]
    return tuple(sorted(rules, key=lambda rule: rule.code))
