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


def evidence_of(rule: Rule, draft: Draft, facts: Facts) -> tuple[Evidence, ...]:
    """Return what *rule* saw: the facts that the draft names, else all that it read and that said something."""
    names = draft.evidence
    if names is None:
        names = tuple(
            need.name
            for need in rule.needs
            if need.name not in GIVEN
            and (need.raw or not need.optional or _says_something(facts.get(need.name)))
        )
    return tuple(
        Evidence(name, _words(facts[name], draft), facts[name].source)
        for name in names
        if name in facts
    )


def _says_something(fact: Fact[Any] | None) -> bool:
    return isinstance(fact, Known) and fact.value != ()


def _words(fact: Fact[Any], draft: Draft) -> str:
    """Describe a fact; of long lists of packages or requirements only what the finding speaks of."""
    items = fact.value if isinstance(fact, Known) and isinstance(fact.value, tuple) else ()
    names = [_package_name(item) for item in items]
    if len(items) <= _FEW or None in names:
        return describe(fact)
    texts = (draft.subject, draft.message, *texts_in(draft.fixes))
    said = set(re.findall(r"[\w.-]*\w", " ".join(texts)))
    named = tuple(item for item, name in zip(items, names, strict=True) if name in said)
    if not named:
        return f"{len(items)}, none of them named"
    return f"{describe_value(named)} and {len(items) - len(named)} more"


def _package_name(item: Any) -> str | None:
    if isinstance(item, Package):
        return item.name
    match = re.match(r"[A-Za-z0-9][\w.-]*", item) if isinstance(item, str) else None
    return match[0] if match else None
