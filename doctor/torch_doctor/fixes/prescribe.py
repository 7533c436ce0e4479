"""From what rules propose to what a person is shown."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Action, Finding, Fix
from torch_doctor.core.report import Report
from torch_doctor.fixes.judge import GONE, Again, Judge
from torch_doctor.fixes.person import Person, person_of
from torch_doctor.fixes.wording import worded
from torch_doctor.matrix.store import Matrix


def prescribe(report: Report, matrix: Matrix, again: Again) -> tuple[Finding, ...]:
    """Return the findings of *report* with their cures in words, without those that would not help."""
    facts: Facts = report.facts
    person = person_of(facts)
    judge = Judge(facts, matrix, report, again)
    return tuple(
        _prescribed(finding, judge, person) if finding.actions else finding
        for finding in report.findings
    )


def _prescribed(finding: Finding, judge: Judge, person: Person) -> Finding:
    shown = list(_shown(finding, judge, person))
    return finding._replace(
        actions=tuple(action for action, _ in shown), fixes=tuple(fix for _, fix in shown)
    )


def _shown(finding: Finding, judge: Judge, person: Person) -> Iterator[tuple[Action, Fix]]:
    failed = []
    for action in dict.fromkeys(finding.actions):
        judged = judge.of(action, finding)
        if judged is None:
            failed.append(action)
        else:
            yield action, worded(action, person)._replace(judged=judged)
    if len(failed) < len(finding.actions) or finding.explained_by is not None:
        return
    both = next(filter(None, (judge.completed(action, finding) for action in failed)), None)
    if both is not None:
        yield both, worded(both, person)._replace(judged=GONE)
