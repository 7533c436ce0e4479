"""The table of all codes: each that a rule has, with its name and the causes that it names, and each that a rule had.

``docs/generate.py`` writes it from the rules and their cases. A row whose rule is gone stays as it was: its code is retired.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from torch_doctor.core.rule import Rule
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.rules import load_rules

from tests.rules.cases import cases_file, cases_of, read_yaml

FILE = Path(__file__).with_name("codes.yaml")
_HEAD = """\
# Every code that a rule has or had, its name, and the causes that it names in its cases. Written by docs/generate.py.
# A row whose rule is gone stays: its code is retired, and what rests on it is skipped (tests/resting.py).
"""


class Given(NamedTuple):
    """What a code was given to."""

    name: str
    causes: tuple[str, ...]


@cache
def table() -> dict[str, Given]:
    """Return the table as it is written."""
    rows = read_yaml(FILE)
    return {code: Given(row["name"], tuple(row["causes"])) for code, row in rows.items()}


def text(rules: Iterable[Rule]) -> str:
    """Return the table as it must be written where there are these rules."""
    rows = table() | {rule.code: Given(rule.name, causes_of(rule)) for rule in rules}
    return _HEAD + "".join(
        f"{code}: {{name: {row.name}, causes: [{', '.join(row.causes)}]}}\n"
        for code, row in sorted(rows.items())
    )


def files() -> Iterable[tuple[str, str]]:
    """Yield the file for ``docs/generate.py``."""
    yield "../tests/rules/codes.yaml", text(load_rules())


def causes_of(rule: Rule) -> tuple[str, ...]:
    """Return the causes that a rule declares or names in its cases."""
    cases = cases_of(rule) if cases_file(rule).is_file() else []
    named = {
        finding.cause
        for case in cases
        for finding in diagnose(case.facts, load_matrix(), rules=[rule]).findings
        if case.expect
    }
    return tuple(sorted({*named, rule.cause} - {None}))  # type: ignore[arg-type]
