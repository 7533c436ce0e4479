"""What breaks a stage explains what shows that it, or one after it, was not reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from torch_doctor.core.rule import Draft, Rule, rule
from torch_doctor.rules import load_rules
from torch_doctor.rules._stages import after, with_consequences

from tests.resting import rests_on


def made(code: str, **words: Any) -> Rule:
    @rule(code, severity="error", cause="unexplained", **words)
    def check(os_family: str) -> Iterator[Draft]:
        yield Draft("system", os_family)

    return check


def test_what_breaks_a_stage_explains_what_shows_it_and_what_comes_after() -> None:
    rules = [
        made("TD991", breaks="start"),
        made("TD992", breaks=("import", "gpus"), explains=("TD991",)),
        made("TD993", shows="library"),
        made("TD994", shows="start"),
        made("TD995", shows="cuda"),
        made("TD996", shows="gpus"),
    ]

    explains = {one.code: one.explains for one in with_consequences(rules)}

    assert explains == {
        "TD991": ("TD994", "TD995"),
        "TD992": ("TD991", "TD995", "TD996"),
        "TD993": ("TD994", "TD995", "TD996"),
        "TD994": ("TD995",),
        "TD995": (),
        "TD996": (),
    }


def test_a_rule_does_not_explain_itself_and_twice_is_as_once() -> None:
    once = with_consequences([made("TD991", breaks="driver", shows="library")])

    assert once[0].explains == ()
    assert with_consequences(once) == once


def test_a_stage_that_there_is_not_is_refused() -> None:
    with pytest.raises(KeyError, match="ignition"):
        with_consequences([made("TD991", breaks="ignition")])


@rests_on("TD110", "TD111", "TD117", "TD205", "TD404", "TD409")
def test_every_stage_is_shown_by_a_rule_and_none_names_its_symptom_by_code() -> None:
    rules = load_rules()
    shown = {one.shows: one.code for one in rules if one.shows}

    assert set(shown) == {"driver", *after(["driver"]), "import"}
    for one in rules:
        missed = {shown[stage] for stage in (*one.breaks, *after(one.breaks))} - {one.code}
        assert missed <= set(one.explains), one.code
