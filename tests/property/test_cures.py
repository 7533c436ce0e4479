"""A cure that claims to help does: carried out, its finding is gone, and the host is no worse than before."""

from __future__ import annotations

from hypothesis import event, given
from hypothesis import strategies as st
from torch_doctor.core.fact import Facts
from torch_doctor.core.report import Report, Verdict
from torch_doctor.fixes.effects.apply import apply
from torch_doctor.fixes.effects.observed import OF_PROGRAMS, OF_THE_DRIVER
from torch_doctor.fixes.judge import GONE

from tests.property.hosts import MATRIX
from tests.property.test_laws import law, report_on
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


def keys(report: Report) -> set[tuple[str, str]]:
    return {(finding.code, finding.subject) for finding in report.findings}


CASES = [case.facts for case in FIRING]


@st.composite
def with_a_case(draw: st.DrawFn) -> Facts:
    """Return the facts of a case of any rule, most often laid over a host with other troubles."""
    case = draw(st.sampled_from(CASES))
    host = draw(st.just(Facts()) | troubled())
    return host.with_(**dict(case.items()))


@law(300)
@given(troubled() | with_a_case())
def test_a_cure_that_claims_to_help_does(facts: Facts) -> None:
    before = report_on(facts)
    seen = rank(before)
    if seen:  # what ran was seen to run: the law alone may have less to say of it
        seen = min(seen, rank(report_on(facts.without(*OF_PROGRAMS, *OF_THE_DRIVER))))

    for finding in before.findings:
        assert len(finding.actions) == len(finding.fixes)
        for action, fix in zip(finding.actions, finding.fixes, strict=True):
            event(f"{fix.action} {fix.judged}")
            if fix.judged != GONE:
                continue
            changed = apply(action, facts, MATRIX)
            assert changed is not None
            after = report_on(changed)
            assert (finding.code, finding.subject) not in keys(after), (finding.code, action)
            assert rank(after) >= seen, (finding.code, action, after.verdict)


@law(100)
@given(troubled())
def test_what_would_not_help_is_not_shown(facts: Facts) -> None:
    """Whatever the effect of a shown cure is known of takes its finding away."""
    for finding in report_on(facts).findings:
        for action in finding.actions:
            changed = apply(action, facts, MATRIX)
            if changed is not None:
                assert (finding.code, finding.subject) not in keys(report_on(changed))
