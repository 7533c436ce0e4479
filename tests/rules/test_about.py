"""A rule that says what it speaks of has nothing to say where none of it is there: it may pass without being run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest
from torch_doctor.core.fact import Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.rule import (
    CURES,
    ERRORS,
    GIVEN,
    JUDGEMENT,
    Draft,
    Rule,
    UndecidedError,
    finding,
    rule,
)
from torch_doctor.core.version import DriverRelease, TorchVersion
from torch_doctor.engine.running import arguments
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.law.from_facts import judgement_of, machine_of
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules import load_rules

from tests.rules.cases import cases_of

RULES = load_rules()
MATRIX = load_matrix()
SPEAKING = [rule for rule in RULES if rule.about and rule.about != (ERRORS,)]
UNKNOWN = Unavailable(Reason.NOT_ASKED)
_NOWHERE = Source("file", "case")


class Host(NamedTuple):
    """The facts of a case, and what rules are given besides them."""

    facts: Facts
    given: dict[str, Any]


@cache
def _hosts() -> tuple[Host, ...]:
    """Return the machine of every case of every rule, those that are the same once."""
    cases = (case for rule in RULES for case in cases_of(rule))
    return tuple(map(_host, {repr(case.facts): case.facts for case in cases}.values()))


def _host(facts: Facts) -> Host:
    machine = machine_of(facts, MATRIX)
    judgement = judgement_of(facts, MATRIX, machine)
    cures, errors = Cures(facts, MATRIX, machine), Errors(facts, MATRIX)
    return Host(facts, {"matrix": MATRIX, JUDGEMENT: judgement, CURES: cures, ERRORS: errors})


def test_what_rules_speak_of_is_what_they_ask_for() -> None:
    for one in RULES:
        raw = {need.name for need in one.needs if need.raw}
        assert set(one.about) <= {need.name for need in one.needs} - raw, one.name


@pytest.mark.parametrize("rule", SPEAKING, ids=lambda rule: rule.name)
def test_it_is_silent_where_nothing_of_it_is_there(rule: Rule) -> None:
    """On every machine of every rule's cases, with what it speaks of gone, and with it known to be empty."""
    for host in _hosts():
        for bare in (_without(rule, host.facts), _emptied(rule, host.facts)):
            assert not list(_said(rule, bare, host.given)), bare


def test_a_rule_that_speaks_of_more_is_noticed() -> None:
    wrong = rule("TD999", severity="note", about=("torch_version",))(_of_a_driver)

    assert any(list(_said(wrong, _without(wrong, one.facts), one.given)) for one in _hosts())


def _without(rule: Rule, facts: Facts) -> Facts:
    return facts.with_(**dict.fromkeys(_facts_of(rule), UNKNOWN))


def _emptied(rule: Rule, facts: Facts) -> Facts:
    empty = {
        name: Known(type(fact.value)(), _NOWHERE)
        for name in _facts_of(rule)
        if isinstance(fact := facts[name], Known) and type(fact.value) in (tuple, str, int, bool)
    }
    return _without(rule, facts).with_(**empty)


def _facts_of(rule: Rule) -> list[str]:
    return [name for name in rule.about if name not in GIVEN]


def _said(rule: Rule, facts: Facts, given: dict[str, Any]) -> Iterator[Draft]:
    """Yield what the check itself says, past the engine that would not ask it."""
    values = {name: fact.value for name, fact in facts.items() if isinstance(fact, Known)} | given
    if ERRORS in rule.about:
        values[ERRORS] = NONE_SEEN
    if any(name not in values for name in rule.required):
        return
    try:
        yield from rule.check(**arguments(rule.needs, facts, values)) or ()
    except UndecidedError as doubt:
        yield finding(doubt.fact, "undecided")


def _of_a_driver(
    driver_release: DriverRelease, torch_version: TorchVersion | None = None
) -> Iterator[Draft]:
    yield finding(str(driver_release), str(torch_version))
