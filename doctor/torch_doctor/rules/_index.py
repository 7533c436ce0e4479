"""What every rule needs, in one file beside the compiled matrix: most rules of a host have nothing to look at.

Importing all of them is a third of a short command. The index is made from the rules themselves, by the build of a
wheel, and in a checkout whenever a rule has changed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from importlib import import_module

from torch_doctor.core.finding import Severity
from torch_doctor.core.rule import Draft, Need, Needs, Rule
from torch_doctor.core.startup import Any
from torch_doctor.matrix.paths import DATA, SOURCES, newest

_HERE = os.path.dirname(__file__)
# Every field is in its place: a call of the class, which looks whether it is, would take most of the time here.
_made: Any = tuple.__new__
_INDEX = os.path.join(DATA, "rules.json")


class _Later:
    """A check whose module is imported when it is first called."""

    def __init__(self, module: str) -> None:
        self._module = module

    @cached_property
    def ready(self) -> Callable[..., Iterable[Draft]]:
        """The check itself, its module imported."""
        rule: Rule = import_module(self._module).check
        return rule.check

    def __call__(self, **facts: Any) -> Iterable[Draft]:
        return self.ready(**facts)


def read_index() -> tuple[Rule, ...]:
    """Return every rule, by code; make the index anew where a checkout has other rules than it."""
    if not _is_stale():
        with open(_INDEX, "rb") as file:
            return tuple(map(_from_row, json.load(file)))
    rules = import_rules()
    with suppress(OSError):  # a read-only checkout: made again next time
        write_index(rules)
    return rules


def import_rules() -> tuple[Rule, ...]:
    """Import every rule. Families are the folders of this package; rules are the modules in them."""
    from torch_doctor.rules._stages import with_consequences

    names = (f"{__package__}.{path[:-3].replace(os.sep, '.')}" for path in _files())
    return with_consequences(import_module(name).check for name in names)


def write_index(rules: Iterable[Rule]) -> None:
    """Write the index, as a whole or not at all; raise OSError."""
    os.makedirs(DATA, exist_ok=True)
    unfinished = f"{_INDEX}.{os.getpid()}.tmp"
    with open(unfinished, "w", encoding="utf-8") as file:
        json.dump([_to_row(rule) for rule in rules], file, separators=(",", ":"))
    os.replace(unfinished, _INDEX)


def _to_row(rule: Rule) -> list[Any]:
    return list(rule._replace(severity=str(rule.severity), check=None))  # type: ignore[arg-type]


def _from_row(row: list[Any]) -> Rule:
    row[4] = Severity.parse(row[4])
    row[5] = Needs([_made(Need, need) for need in row[5]])
    row[6] = _Later(row[9])
    row[7], row[11], row[12] = tuple(row[7]), tuple(row[11]), tuple(row[12])
    rule: Rule = _made(Rule, row)
    return rule


def _is_stale() -> bool:
    """Whether the index is missing or, in a checkout, tells of other rules than there are."""
    if not os.path.isfile(_INDEX):
        return True
    return os.path.isdir(SOURCES) and newest(_HERE, ".py") > os.path.getmtime(_INDEX)


def _files() -> Iterator[str]:
    for family in sorted(os.listdir(_HERE)):
        folder = os.path.join(_HERE, family)
        if os.path.isdir(folder) and not family.startswith("_"):
            for file in sorted(os.listdir(folder)):
                if file.endswith(".py") and not file.startswith("_"):
                    yield os.path.join(family, file)
