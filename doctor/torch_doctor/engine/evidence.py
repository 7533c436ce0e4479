"""The facts that a finding rests on, in words."""

from __future__ import annotations

import re

from torch_doctor.core.codec import describe, describe_value
from torch_doctor.core.fact import Fact, Facts, Known
from torch_doctor.core.finding import Evidence
from torch_doctor.core.records import Package
from torch_doctor.core.rule import GIVEN, Draft, Rule
from torch_doctor.core.startup import Any
from torch_doctor.core.text import texts_in

_FEW = 4


class Evident:
    """What a rule's findings rest on. A fact is put into words once, however many findings name it."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._described: dict[str, str] = {}
        self._names: dict[str, list[str | None]] = {}

    def of(self, rule: Rule, draft: Draft) -> tuple[Evidence, ...]:
        """Return what *rule* saw: the facts that the draft names, else all that it read and that said something."""
        facts = self._facts
        names = draft.evidence
        if names is None:
            names = tuple(
                need.name
                for need in rule.needs
                if need.name not in GIVEN
                and (need.raw or not need.optional or _says_something(facts.get(need.name)))
            )
        return tuple(
            Evidence(name, self._words(name, draft), facts[name].source)
            for name in names
            if name in facts
        )

    def _words(self, fact: str, draft: Draft) -> str:
        """Describe a fact; of long lists of packages or requirements only what the finding speaks of."""
        items = _items(self._facts[fact])
        names = self._names.get(fact)
        if names is None:
            names = self._names[fact] = _package_names(items)
        if not names:
            if fact not in self._described:
                self._described[fact] = describe(self._facts[fact])
            return self._described[fact]
        texts = (draft.subject, draft.message, *texts_in(draft.fixes))
        words = set(re.findall(r"[\w.-]*\w", " ".join(texts)))
        named = tuple(item for item, name in zip(items, names, strict=True) if name in words)
        if not named:
            return f"{len(items)}, none of them named"
        return f"{describe_value(named)} and {len(items) - len(named)} more"


def _says_something(fact: Fact[Any] | None) -> bool:
    return isinstance(fact, Known) and fact.value != ()


def _items(fact: Fact[Any]) -> tuple[Any, ...]:
    return fact.value if isinstance(fact, Known) and isinstance(fact.value, tuple) else ()


def _package_names(items: tuple[Any, ...]) -> list[str | None]:
    """Return the names in a long list of packages; none of any other list, and of a short one."""
    names = [_package_name(item) for item in items] if len(items) > _FEW else []
    return [] if None in names else names


def _package_name(item: Any) -> str | None:
    if isinstance(item, Package):
        return item.name
    match = re.match(r"[A-Za-z0-9][\w.-]*", item) if isinstance(item, str) else None
    return match[0] if match else None
