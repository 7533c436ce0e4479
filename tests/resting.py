"""Tests of the whole program that rest on a rule: they go with its two files, like the cases beside it.

What is said of the program's own machinery asks ``tests.samples`` for some rule, or makes one; only a test whose subject is
the answer of one rule names it here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from torch_doctor.rules import load_rules

_CODES = frozenset(rule.code for rule in load_rules())
_ANSWERS = Path(__file__).parent / "rules" / "answers.yaml"
# Each cause, and the codes of the rules that name it.
NAMED_BY: dict[str, tuple[str, ...]] = {
    cause: tuple(codes) for cause, codes in yaml.safe_load(_ANSWERS.read_text("utf-8")).items()
}


def rests_on(*codes: str) -> pytest.MarkDecorator:
    """Return the mark of a test that rests on these rules."""
    gone = ", ".join(code for code in codes if code not in _CODES)
    return pytest.mark.skipif(bool(gone), reason=f"it rests on {gone}, which is gone")


def rests_on_cause(cause: str | None) -> pytest.MarkDecorator:
    """Return the mark of a test whose answer is *cause*, from whichever rule."""
    return rests_on(*NAMED_BY.get(cause or "", ()))


def resting(answer: str | None, *values: Any, **also: Any) -> Any:
    """Return the parameters of a test whose answer is a cause, or a verdict, which rests on no single rule."""
    return pytest.param(*values, **also, marks=rests_on_cause(answer))
