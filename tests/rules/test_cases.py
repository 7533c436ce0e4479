"""Every rule fires on its cases, stays quiet on the others, and skips where it cannot know."""

from __future__ import annotations

import pytest
from torch_doctor.core.fact import Facts, Reason, Unavailable
from torch_doctor.core.report import OutcomeStatus, Report
from torch_doctor.core.rule import GIVEN, Rule
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.rules import load_rules

from tests.rules.cases import Case, cases_file, cases_of
from tests.rules.codes import table

RULES = load_rules()
CODES = {rule.code for rule in RULES}
MATRIX = load_matrix()
WITH_CASES = [rule for rule in RULES if cases_file(rule).is_file()]
CASES = [case for rule in WITH_CASES for case in cases_of(rule)]
FIRING = [case for case in CASES if case.expect]


def judged(rule: Rule, facts: Facts) -> Report:
    return diagnose(facts, MATRIX, rules=[rule])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case) -> None:
    report = judged(case.rule, case.facts)

    status = report.outcomes[0].status
    assert status is not OutcomeStatus.CRASHED, report.outcomes[0].detail
    assert [finding.subject for finding in report.findings] == [
        wanted["subject"] for wanted in case.expect
    ], [finding.message for finding in report.findings]
    assert (status is OutcomeStatus.SKIPPED) == case.skipped, report.outcomes[0].missing
    for finding, wanted in zip(report.findings, case.expect, strict=True):
        assert wanted.get("contains", "") in finding.message
        assert str(finding.severity) == wanted.get("severity", str(finding.severity))
        assert finding.cause == wanted.get("cause", finding.cause)
        texts = [text for fix in finding.fixes for text in (fix.text, *fix.lines, *fix.commands)]
        assert wanted.get("fix", "") in "\n".join(texts)


@pytest.mark.parametrize("case", FIRING, ids=lambda case: case.id)
def test_says_nothing_where_it_cannot_know(case: Case) -> None:
    """Each fact that the rule cannot do without is taken away in turn."""
    for need in case.rule.needs:
        if need.name in GIVEN or need.raw or need.optional:
            continue
        blind = case.facts.with_(**{need.name: Unavailable(Reason.TIMEOUT, "no answer")})

        report = judged(case.rule, blind)

        assert not report.findings
        assert report.outcomes[0].status is OutcomeStatus.SKIPPED


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule_is_whole(rule: Rule) -> None:
    """Its cases stand beside it, and its page has every heading."""
    cases = cases_of(rule)

    assert any(case.expect for case in cases), "no case in which it fires"
    assert sum(not case.expect for case in cases) >= 2, "fewer than two cases in which it is quiet"
    for heading in ("What it checks", "Why it matters", "How to fix", "References"):
        assert f"\n{heading}\n" in rule.doc
    # A rule that is explained may be gone: deleting its two files must not break this one.
    assert set(rule.explains) <= {*table(), *CODES}
    assert rule.code not in rule.explains


def test_codes_and_names_are_unique() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    assert len({rule.name for rule in RULES}) == len(RULES)
