"""From what rules propose to what a person is shown."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Action, Finding, Fix, Severity
from torch_doctor.core.records import Package
from torch_doctor.core.report import Report, Verdict
from torch_doctor.fixes.builds.recipes import by_recipe
from torch_doctor.fixes.judge import GONE, Again, Judge
from torch_doctor.fixes.person import Person, person_of
from torch_doctor.fixes.questions.afterwards import next_question, standing_alone
from torch_doctor.fixes.requests import requested
from torch_doctor.fixes.sizes import size_of
from torch_doctor.fixes.wording import worded
from torch_doctor.fixes.wording.instead import ANOTHER_RUNTIME
from torch_doctor.matrix.store import Matrix


def prescribe(report: Report, matrix: Matrix, again: Again) -> Report:
    """Return *report* with its cures in words, without those that would not help, and with what to find out next."""
    facts: Facts = report.facts
    person = person_of(facts)
    judge = Judge(facts, matrix, report, again)
    findings = tuple(
        _prescribed(finding, judge, person) if finding.actions else finding
        for finding in (_asked(finding, facts) for finding in report.findings)
    )
    step = _next_step(report, person, matrix) if report.verdict is Verdict.UNDECIDED else None
    return report._replace(findings=findings, next_step=step)


def _next_step(report: Report, person: Person, matrix: Matrix) -> Fix | None:
    from torch_doctor.fixes.questions.next_step import (
        next_step,  # where there is a verdict, nothing is asked
    )

    return next_step(report, person, matrix)


def _asked(finding: Finding, facts: Facts) -> Finding:
    """Return a finding whose first cure asks for a GPU, where that may be all that is missing."""
    return finding._replace(actions=(*requested(finding, facts), *finding.actions))


def _prescribed(finding: Finding, judge: Judge, person: Person) -> Finding:
    shown = list(_shown(finding, judge, person))
    if not shown and person.tried and finding.severity is Severity.ERROR:
        shown = list(_after_all(finding, person))
    shown = _smallest_first(_without_the_vague(shown), judge.facts)
    fixes = [fix for _, fix in shown]
    return finding._replace(
        actions=tuple(action for action, _ in shown),
        fixes=tuple(map(standing_alone, fixes[:1])) + tuple(fixes[1:]),
    )


def _without_the_vague(shown: list[tuple[Action, Fix]]) -> list[tuple[Action, Fix]]:
    """Leave out that another runtime is to be chosen where another cure says which one, or what else helps."""
    definite = [(action, fix) for action, fix in shown if fix.text != ANOTHER_RUNTIME.text]
    return definite or shown


def _smallest_first(shown: list[tuple[Action, Fix]], facts: Facts) -> list[tuple[Action, Fix]]:
    """Return cures with those that are known to help in the order of what they change; others stay where they are."""
    sizes = [size_of(action, facts) if fix.judged == GONE else None for action, fix in shown]
    places = [place for place, size in enumerate(sizes) if size is not None]
    ordered = list(shown)
    for place, best in zip(places, sorted(places, key=lambda one: sizes[one] or 0), strict=True):
        ordered[place] = shown[best]
    return ordered


def _after_all(finding: Finding, person: Person) -> Iterator[tuple[Action, Fix]]:
    question = next_question(finding.actions, person)
    fix = worded(question, person)
    if fix is not None:
        yield question, fix


def _shown(finding: Finding, judge: Judge, person: Person) -> Iterator[tuple[Action, Fix]]:
    given = set()
    packages: tuple[Package, ...] = judge.facts.value("packages", ())
    for proposed in dict.fromkeys(finding.actions):
        known = by_recipe(proposed, packages, judge.matrix)
        action, judged = _judged(known, finding, judge)
        fix = worded(action, person) if judged else None
        if judged and fix is not None and fix[:2] not in given:
            given.add(fix[:2])
            yield action, fix._replace(judged=judged)


def _judged(action: Action, finding: Finding, judge: Judge) -> tuple[Action, str | None]:
    """Return an action and what the judge says of it; one that fails alone is shown with what makes it whole."""
    judged = judge.of(action, finding)
    if judged is not None or finding.explained_by is not None:
        return action, judged
    both = judge.completed(action, finding)
    return (action, None) if both is None else (both, GONE)
