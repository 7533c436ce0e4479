"""A form words values; it never splits or searches what another part of the program has worded.

Every sentence of a report is put into a cipher that keeps its length, its spaces and its signs. A form that looks for a
word in one, or cuts one at a word, then gives a page of another shape.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import pytest
from torch_doctor.core.fact import Facts, Unavailable
from torch_doctor.core.finding import Fix
from torch_doctor.core.report import Report, Verdict
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.render.formats import text as screens
from torch_doctor.rules import load_rules

from tests.forms import ALL
from tests.golden.reports import REPORTS
from tests.rules.cases import cases_of

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_CIPHER = str.maketrans(
    _LETTERS + _LETTERS.upper() + "0123456789",
    (_LETTERS[1:] + "a") + (_LETTERS[1:] + "a").upper() + "1234567890",
)
FAMILIES = sorted({rule.family for rule in load_rules()})


def ciphered(text: str) -> str:
    """Return a sentence in cipher; addresses stay, because a form must see what would become a link."""
    parts = re.split(r"(https?://[^\s)]+)", text)
    return "".join(
        part if place % 2 else part.translate(_CIPHER) for place, part in enumerate(parts)
    )


def _fix(fix: Fix) -> Fix:
    return fix._replace(text=ciphered(fix.text))


def _gap(why: Unavailable) -> Unavailable:
    return why._replace(detail=ciphered(why.detail))


def in_cipher(report: Report) -> Report:
    """Return a report of which every sentence is in cipher; names, commands and facts are as they were."""
    return report._replace(
        findings=tuple(
            one._replace(message=ciphered(one.message), fixes=tuple(map(_fix, one.fixes)))
            for one in report.findings
        ),
        outcomes=tuple(
            one._replace(
                missing=tuple(each._replace(why=_gap(each.why)) for each in one.missing),
                error=ciphered(one.error),
                detail=ciphered(one.detail),
            )
            for one in report.outcomes
        ),
        why=tuple(
            one._replace(text=ciphered(one.text), why=one.why and _gap(one.why))
            for one in report.why
        ),
        next_step=report.next_step and _fix(report.next_step),
        facts=Facts(
            {n: _gap(f) if isinstance(f, Unavailable) else f for n, f in report.facts.items()}
        ),
    )


def shape(page: str) -> str:
    """Return a page with every letter and figure as the same sign."""
    return re.sub(r"[^\W_]", "x", page)


def pages(report: Report) -> dict[str, str]:
    """Return a report in every form, and at several widths."""
    made = {
        form: import_module(f"torch_doctor.render.formats.{form}").render(report) for form in ALL
    }
    for width in (40, 80):
        made[f"text {width}"] = screens.render(report, width=width, verbose=True)
    return made


def assert_no_form_reads(report: Report) -> None:
    plain, cipher = pages(report), pages(in_cipher(report))

    assert {form for form in plain if shape(plain[form]) != shape(cipher[form])} == set()


@pytest.mark.parametrize("name", [name for name in REPORTS if name != "hostile"])
def test_no_form_reads_the_sentences_of_a_report(name: str) -> None:
    assert_no_form_reads(REPORTS[name]())


@pytest.mark.parametrize("family", FAMILIES)
def test_no_form_reads_what_a_rule_says(family: str) -> None:
    matrix, findings, outcomes = load_matrix(), [], []
    for rule in load_rules():
        case = (
            next((one for one in cases_of(rule) if one.expect), None)
            if rule.family == family
            else None
        )
        if case:
            report = diagnose(case.facts, matrix, rules=[rule])
            findings += report.findings
            outcomes += report.outcomes
    whole = REPORTS["undecided"]()

    assert findings
    assert_no_form_reads(
        whole._replace(
            verdict=Verdict.BROKEN, findings=tuple(findings), outcomes=tuple(outcomes), exit_code=1
        )
    )


def test_a_form_that_reads_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    line = import_module("torch_doctor.render.formats.line")
    whole: Any = line.render

    def cut(report: Report) -> str:
        return whole(report) + report.findings[0].message.partition("code")[0]

    monkeypatch.setattr(line, "render", cut)
    broken = REPORTS["broken"]()
    assert "code" in broken.findings[0].message

    with pytest.raises(AssertionError, match="'line'"):
        assert_no_form_reads(broken)
