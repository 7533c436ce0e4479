"""The table of all codes is what the rules say, keeps those that are retired, and finds a code that was mistyped."""

from __future__ import annotations

import pytest
from torch_doctor.rules import load_rules

from tests import resting
from tests.rules import codes, new_rule

RULES = load_rules()


def test_the_table_is_as_the_rules_say() -> None:
    assert codes.FILE.read_text("utf-8") == codes.text(RULES), "run: python docs/generate.py"


def test_a_retired_name_is_no_rules_name() -> None:
    """A code is never changed: what rests on it would be skipped although its rule is there."""
    retired = set(codes.table()) - {rule.code for rule in RULES}

    assert not {codes.table()[code].name for code in retired} & {rule.name for rule in RULES}


def test_the_row_of_a_rule_that_is_gone_stays() -> None:
    first, *others = RULES

    assert f"{first.code}: {{name: {first.name}, " in codes.text(others)


def test_a_code_that_is_retired_is_not_given_again() -> None:
    family = RULES[0].family
    highest = max((rule for rule in RULES if rule.family == family), key=lambda rule: rule.code)
    others = tuple(rule for rule in RULES if rule is not highest)

    assert new_rule.next_code(family, others) != highest.code


def test_a_test_that_names_a_rule_which_is_there_is_run() -> None:
    assert not resting.rests_on(*(rule.code for rule in RULES)).args[0]


def test_a_test_whose_rule_is_gone_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    gone, *others = RULES
    monkeypatch.setattr(resting, "_NAMES", {rule.name: rule.code for rule in others})

    assert resting.rests_on(gone.code).args[0]


def test_a_code_that_was_never_given_is_an_error() -> None:
    with pytest.raises(ValueError, match="TD000 is no rule's code, and never was"):
        resting.rests_on("TD000")


def test_a_code_whose_rule_has_another_one_now_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    moved, *others = RULES
    names = {rule.name: rule.code for rule in others} | {moved.name: "TD000"}
    monkeypatch.setattr(resting, "_NAMES", names)

    with pytest.raises(ValueError, match=f"{moved.name} is TD000"):
        resting.rests_on(moved.code)
