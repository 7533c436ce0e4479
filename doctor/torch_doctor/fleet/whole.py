"""What makes a host whole: the cures of its report, applied one after another and judged by the same rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Action, Fix
from torch_doctor.core.report import Report, Verdict
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes.effects.apply import apply
from torch_doctor.fixes.judge import GONE
from torch_doctor.fixes.kinds import UpdateDriver
from torch_doctor.fixes.person import person_of
from torch_doctor.fixes.sizes import size_of
from torch_doctor.fixes.wording import worded
from torch_doctor.fleet.answer import Way
from torch_doctor.matrix.store import Matrix

Judge = Callable[[Facts], Report]
_WHOLE = (Verdict.HEALTHY, Verdict.DEGRADED)
_MOST_WAYS, _MOST_STEPS = 4, 4


def ways_to_whole(report: Report, judge: Judge, matrix: Matrix) -> tuple[Way, ...]:
    """Return the ways by which a broken host runs kernels again, the smallest first; none where none is known."""
    if report.verdict is not Verdict.BROKEN:
        return ()
    found = []
    for action, fix in list(_known_cures(report))[:_MOST_WAYS]:
        way = _way(report.facts, action, fix, judge, matrix)
        if way is not None:
            found.append(way)
    return tuple(sorted(found, key=lambda way: (way.size, len(way.steps))))


def next_step(report: Report) -> Fix | None:
    """Return what to do first where no way is known to make the host whole."""
    if report.next_step is not None:
        return report.next_step
    primary = report.primary
    return primary.fixes[0] if primary and primary.fixes else None


def _way(facts: Facts, action: Action, fix: Fix, judge: Judge, matrix: Matrix) -> Way | None:
    """Follow one cure: what is still broken after it is mended by the first cure of that."""
    steps: list[Fix] = []
    size = 0
    while len(steps) < _MOST_STEPS:
        changed = apply(action, facts, matrix)
        if changed is None:
            return None
        steps.append(fix)
        size = max(size, int(size_of(action, facts) or 0))
        report = judge(changed)
        if report.verdict in _WHOLE:
            update = action if len(steps) == 1 and isinstance(action, UpdateDriver) else None
            update = None if update is not None and update.exact_branch else update
            return Way(tuple(steps), size, report.verdict.value, update)
        follow = next(_known_cures(report), None)
        if follow is None:
            return None
        facts, (action, fix) = changed, follow
    return None


def newer_updates(
    facts: Facts, ways: tuple[Way, ...], wanted: Collection[str], judge: Judge, matrix: Matrix
) -> Iterator[Way]:
    """Yield updates to drivers that are *wanted* elsewhere and newer than this host needs, where they do for it."""
    own = next((way.update for way in ways if way.update is not None), None)
    if own is None:
        return
    for minimum in sorted(wanted):
        release = DriverRelease.parse(minimum)
        if release <= DriverRelease.parse(own.minimum):
            continue
        branch = own.branch if own.branch is not None and own.branch >= release.branch else None
        action = own._replace(minimum=minimum, branch=branch)
        changed, fix = apply(action, facts, matrix), worded(action, person_of(facts))
        report = judge(changed) if changed is not None and fix is not None else None
        if fix is not None and report is not None and report.verdict in _WHOLE:
            size = int(size_of(action, facts) or 0)
            yield Way((fix._replace(judged=GONE),), size, report.verdict.value, action)


def _known_cures(report: Report) -> Iterator[tuple[Action, Fix]]:
    primary = report.primary
    if primary is None or report.verdict is not Verdict.BROKEN:
        return
    for action, fix in zip(primary.actions, primary.fixes, strict=True):
        if fix.judged == GONE:
            yield action, fix
