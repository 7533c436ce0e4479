"""A cure that claims to help does: carried out, its finding is gone, and the host is no worse than before."""

from __future__ import annotations

from hypothesis import event, given
from hypothesis import strategies as st
from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Severity
from torch_doctor.core.report import Report, Verdict
from torch_doctor.fixes.effects.apply import apply
from torch_doctor.fixes.effects.observed import OF_PROGRAMS, OF_THE_DRIVER
from torch_doctor.fixes.judge import GONE

from tests.property.hosts import MATRIX
from tests.property.judging import law, report_on, said_of
from tests.property.troubles import troubled
from tests.rules.test_cases import FIRING

WORST_FIRST = [
    {Verdict.BROKEN},
    {Verdict.UNDECIDED},
    {Verdict.DEGRADED, Verdict.CPU_ONLY},
    {Verdict.HEALTHY},
]


def rank(report: Report) -> int:
    return next(place for place, kinds in enumerate(WORST_FIRST) if report.verdict in kinds)


def errors(report: Report) -> set[str]:
    return {finding.code for finding in report.findings if finding.severity is Severity.ERROR}


def keys(report: Report) -> set[tuple[str, str]]:
    return {(finding.code, finding.subject) for finding in report.findings}


CASES = [case.facts for case in FIRING]


@st.composite
def with_a_case(draw: st.DrawFn) -> Facts:
    """Return the facts of a case of any rule, most often laid over a host with other troubles."""
    case = draw(st.sampled_from(CASES))
    host = draw(st.just(Facts()) | troubled())
    return host.with_(**dict(case.items()))


@law(2000)
@given(troubled() | with_a_case())
def test_a_cure_that_claims_to_help_does(facts: Facts) -> None:
    """Whatever the effect of a shown cure is known of takes its finding away; one that is judged leaves nothing worse."""
    before = report_on(facts)

    for finding in before.findings:
        assert len(finding.actions) == len(finding.fixes)
        for action, fix in zip(finding.actions, finding.fixes, strict=True):
            event(f"{fix.action} {fix.judged}")
            changed = apply(action, facts, MATRIX)
            assert changed is not None or fix.judged != GONE
            if changed is None:
                continue
            after = said_of(changed)
            assert (finding.code, finding.subject) not in keys(after), (finding.code, action)
            if fix.judged == GONE:
                worse = rank(after) < rank(before) or errors(after) - errors(before)
                assert not worse or is_expected(after, facts), (finding.code, action)


def is_expected(after: Report, facts: Facts) -> bool:
    """Whether the law alone says the same of the host as it is: what ran there was seen to run."""
    blind = said_of(facts.without(*OF_PROGRAMS, *OF_THE_DRIVER))
    known = errors(blind) | errors(said_of(facts))
    return rank(after) >= rank(blind) and errors(after) <= known


@law(50)
@given(troubled() | with_a_case())
def test_what_is_found_depends_on_no_cure(facts: Facts) -> None:
    """Where a cure is judged, no other one is searched for: that must find the same."""
    report = report_on(facts)

    assert keys(said_of(facts)) == keys(report)
    assert said_of(facts).verdict is report.verdict
