"""A rule that says what it speaks of has nothing to say where none of it is there: it may pass without being run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest
from torch_doctor.core.fact import Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.judgement import Judgement, Kind, Objection, Status
from torch_doctor.core.records import Package
from torch_doctor.core.rule import (
    CURES,
    ERRORS,
    GIVEN,
    JUDGEMENT,
    OF_PACKAGES,
    Draft,
    Rule,
    UndecidedError,
    finding,
    rule,
)
from torch_doctor.core.version import DriverRelease, TorchVersion
from torch_doctor.engine.running import Runner, arguments
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.law.from_facts import judgement_of, machine_of
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules import load_rules

from tests.rules.cases import cases_of

RULES = load_rules()
MATRIX = load_matrix()
SPEAKING = [rule for rule in RULES if rule.about and rule.about != (ERRORS,)]
OF_ONE_PACKAGE = [rule for rule in RULES if any(OF_PACKAGES in name for name in rule.about)]
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
        spoken = {name.partition(":")[0] for name in one.about}
        assert spoken <= {need.name for need in one.needs} - raw, one.name


@pytest.mark.parametrize("rule", SPEAKING, ids=lambda rule: rule.name)
def test_it_is_silent_where_nothing_of_it_is_there(rule: Rule) -> None:
    """On every machine of every rule's cases, with what it speaks of gone, and with it known to be empty."""
    for host in _hosts():
        for bare in (_without(rule, host.facts), _emptied(rule, host.facts)):
            assert not list(_drafts(rule, bare, host.given)), bare


def test_a_rule_that_speaks_of_more_is_noticed() -> None:
    wrong = rule("TD999", severity="note", about=("torch_version",))(_of_a_driver)

    assert any(list(_drafts(wrong, _without(wrong, one.facts), one.given)) for one in _hosts())


@pytest.mark.parametrize("rule", OF_ONE_PACKAGE, ids=lambda rule: rule.name)
def test_it_is_asked_where_its_package_is_there(rule: Rule) -> None:
    name = next(one.partition(":")[2] for one in rule.about if OF_PACKAGES in one)
    given = {"matrix": MATRIX, JUDGEMENT: None, CURES: None, ERRORS: NONE_SEEN}

    assert _asked(rule, Package(name, "1.0"), given)
    assert not _asked(rule, Package(f"{name}-stubs", "1.0"), given)


def test_what_the_law_objects_to_is_something_to_speak_of() -> None:
    one = rule("TD999", severity="note", about=(JUDGEMENT,))(_of_the_law)
    objection = Objection(Kind.DRIVER_BELOW_FLOOR, "too old")

    for judgement in (
        Judgement(Status.UNSUPPORTED, objections=(objection,)),
        Judgement(Status.SUPPORTED, contradicted=(objection,)),
        Judgement(Status.SUPPORTED, aside=(objection,)),
    ):
        assert Runner(Facts(), {JUDGEMENT: judgement}).run(one)[0], judgement
    assert not Runner(Facts(), {JUDGEMENT: Judgement(Status.UNKNOWN)}).run(one)[0]


def _asked(rule: Rule, package: Package, given: dict[str, Any]) -> bool:
    asked = []

    def spy(**values: Any) -> Iterator[Draft]:
        asked.append(values)
        yield from ()

    facts = Facts({"packages": Known((package,), _NOWHERE)})
    Runner(facts, given).run(rule._replace(check=spy))
    return bool(asked)


def _without(rule: Rule, facts: Facts) -> Facts:
    left = facts.with_(**dict.fromkeys(_facts_of(rule), UNKNOWN))
    packages = facts["packages"]
    if rule not in OF_ONE_PACKAGE or not isinstance(packages, Known):
        return left
    others = tuple(one for one in packages.value if f"{OF_PACKAGES}{one.name}" not in rule.about)
    return left.with_(packages=Known(others, packages.source))


def _emptied(rule: Rule, facts: Facts) -> Facts:
    empty = {
        name: Known(type(fact.value)(), _NOWHERE)
        for name in _facts_of(rule)
        if isinstance(fact := facts[name], Known) and type(fact.value) in (tuple, str, int, bool)
    }
    return _without(rule, facts).with_(**empty)


def _facts_of(rule: Rule) -> list[str]:
    return [name for name in rule.about if name not in GIVEN and OF_PACKAGES not in name]


def _drafts(rule: Rule, facts: Facts, given: dict[str, Any]) -> Iterator[Draft]:
    """Yield what the check itself says, past the engine that would not ask it."""
    values = {name: fact.value for name, fact in facts.items() if isinstance(fact, Known)} | given
    if ERRORS in rule.about:
        values[ERRORS] = NONE_SEEN
    if JUDGEMENT in rule.about:
        values[JUDGEMENT] = values[JUDGEMENT]._replace(objections=(), contradicted=(), aside=())
    if any(name not in values for name in rule.required):
        return
    try:
        yield from rule.check(**arguments(rule.needs, facts, values, values.keys())) or ()
    except UndecidedError as doubt:
        yield finding(doubt.fact, "undecided")


def _of_a_driver(
    driver_release: DriverRelease, torch_version: TorchVersion | None = None
) -> Iterator[Draft]:
    yield finding(str(driver_release), str(torch_version))


def _of_the_law(judgement: Judgement) -> Iterator[Draft]:
    yield finding("torch", str(judgement.status))
