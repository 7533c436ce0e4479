"""What makes a host whole: the cures of its report, applied one after another and judged by the same rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Action, Fix
from torch_doctor.core.report import Report, Verdict
from torch_doctor.fixes.effects.apply import apply
from torch_doctor.fixes.judge import GONE
from torch_doctor.fixes.kinds import InstallTorch, UpdateDriver
from torch_doctor.fixes.sizes import size_of
from torch_doctor.fleet.answer import Way
from torch_doctor.matrix.store import Matrix

Judge = Callable[[Facts], Report]
WHOLE = (Verdict.HEALTHY, Verdict.DEGRADED)
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
        if report.verdict in WHOLE:
            change = _for_others(action) if len(steps) == 1 else None
            return Way(tuple(steps), size, report.verdict.value, change)
        follow = next(_known_cures(report), None)
        if follow is None:
            return None
        facts, (action, fix) = changed, follow
    return None


def _for_others(action: Action) -> UpdateDriver | InstallTorch | None:
    """Return what other nodes may be given, too: a build, or a driver of any branch that is new enough."""
    if isinstance(action, InstallTorch):
        return action
    return action if isinstance(action, UpdateDriver) and not action.exact_branch else None


def _known_cures(report: Report) -> Iterator[tuple[Action, Fix]]:
    primary = report.primary
    if primary is None or report.verdict is not Verdict.BROKEN:
        return
    for action, fix in zip(primary.actions, primary.fixes, strict=True):
        if fix.judged == GONE:
            yield action, fix
