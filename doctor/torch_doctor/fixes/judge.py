"""Would it help? Each action is applied to the whole host's facts, and the same law and rules judge the result."""

from __future__ import annotations

from functools import cached_property

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Action, Finding, Severity
from torch_doctor.core.report import Report, Verdict
from torch_doctor.core.startup import Protocol
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.fixes.effects.apply import apply
from torch_doctor.fixes.effects.observed import OF_PROGRAMS, OF_THE_DRIVER
from torch_doctor.fixes.kinds import Steps
from torch_doctor.matrix.store import Matrix

GONE, NOT_MODELLED = "gone", "not-modelled"
# How good a verdict is. A host on which nothing is to run is as good as one that runs with warnings.
_RANK = {
    Verdict.BROKEN: 0,
    Verdict.UNDECIDED: 1,
    Verdict.CPU_ONLY: 2,
    Verdict.DEGRADED: 2,
    Verdict.HEALTHY: 3,
}
# What the driver answers depends on these: with one of them changed, its former answers say nothing.
_ANSWERED_BY = (
    *("kernel_module", "driver_release", "libcuda", "uvm_loaded", "uvm_hmm"),
    *("container_gpus_requested", "cuda_visible_devices"),
)
_BY_ITSELF = ("container_gpus_requested", "cuda_visible_devices", "kernel_module")
_OBSERVED = frozenset((*OF_PROGRAMS, *OF_THE_DRIVER))
# Each judgement takes the whole host anew: of one rule, a host has no more findings with the same kind of cure.
_MOST_ALIKE = 16


class Again(Protocol):
    """Judges changed facts as the report was judged: by all rules, or by one of them, named by its code."""

    def __call__(self, facts: Facts, code: str | None = None, *, proposes: bool = False) -> Report:
        """Return the report; its findings have actions of the host's own only where it *proposes*."""

    def still_says(self, finding: Finding, facts: Facts) -> bool:
        """Whether the rule of *finding* says it of *facts*, too."""


class _After(NamedTuple):
    """What would be said once an action is carried out."""

    verdict: Verdict
    present: frozenset[tuple[str, str]]
    errors: frozenset[str]


class Judge:
    """Judges actions on one host. *again* judges changed facts as the report itself was judged."""

    def __init__(self, facts: Facts, matrix: Matrix, report: Report, again: Again) -> None:
        self.facts = facts
        self.matrix = matrix
        self._again = again
        self._before = _after(report)
        self._tried: dict[Action, _After | None] = {}
        self._alike: dict[tuple[str, type[Action]], list[str | None]] = {}

    def of(self, action: Action, finding: Finding) -> str | None:
        """Return whether *finding* is gone after *action* or nobody can tell; None where it does not help.

        An action helps where the finding is gone, the verdict no worse, and no other error is predicted. Where the
        finding goes only because what was observed is forgotten, nobody can tell. Of a host with hundreds of findings
        of one rule some are judged; the cures of the others are shown if one like them helped, as not judged.
        """
        alike = self._alike.setdefault((finding.code, type(action)), [])
        if len(alike) >= _MOST_ALIKE:
            return NOT_MODELLED if any(alike) else None
        alike.append(self._of(action, finding))
        return alike[-1]

    def _of(self, action: Action, finding: Finding) -> str | None:
        after = self._after(action)
        if after is None:
            return NOT_MODELLED
        if _key(finding) in after.present or self._is_worse(after):
            return None
        changed = apply(action, self.facts, self.matrix)
        assert changed is not None
        if not self._again.still_says(finding, self._as_seen(changed)):
            return GONE
        return GONE if self._again.still_says(finding, self._blind) else NOT_MODELLED

    def completed(self, action: Action, finding: Finding) -> Action | None:
        """Return *action* with what must follow it, where it helps and brings another error to light."""
        if len(self._alike.get((finding.code, type(action)), ())) >= _MOST_ALIKE:
            return None
        after = self._after(action)
        if after is None or _key(finding) in after.present:
            return None
        changed = apply(action, self.facts, self.matrix)
        assert changed is not None
        for code in sorted(after.errors - self._before.errors)[:1]:
            for found in self._again(changed, code, proposes=True).findings:
                for follow in found.actions:
                    both = Steps((action, follow))
                    if self._of(both, finding) == GONE:
                        return both
        return None

    def _is_worse(self, after: _After) -> bool:
        """Whether the law expects more trouble than it did of the host as it is."""
        news = after.errors - self._before.errors
        if news and news - self._predicted.errors:
            return True
        if _RANK[after.verdict] >= _RANK[self._before.verdict]:
            return False
        # What ran here before was seen; without that sight the law alone may have less to say.
        return _RANK[after.verdict] < _RANK[self._predicted.verdict]

    @cached_property
    def _blind(self) -> Facts:
        """The host as it is, had nobody seen anything run."""
        return self.facts.without(*_OBSERVED)

    @cached_property
    def _predicted(self) -> _After:
        blind = self._blind
        unseen = len(blind) == len(self.facts)
        return self._before if unseen else _after(self._again(blind))

    def _after(self, action: Action) -> _After | None:
        if action not in self._tried:
            changed = apply(action, self.facts, self.matrix)
            self._tried[action] = None if changed is None else _after(self._again(changed))
        return self._tried[action]

    def _as_seen(self, changed: Facts) -> Facts:
        """Return *changed* facts with what was observed before, as far as the change does not answer it."""
        answered = any(
            changed[name] != self.facts[name] and (name in self.facts or name in _BY_ITSELF)
            for name in _ANSWERED_BY
        )
        kept = OF_PROGRAMS if answered else (*OF_PROGRAMS, *OF_THE_DRIVER)
        return changed.with_(**{name: self.facts[name] for name in kept if name in self.facts})


def _key(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.subject


def _after(report: Report) -> _After:
    active = [finding for finding in report.findings if not finding.demoted]
    errors = (finding.code for finding in active if finding.severity is Severity.ERROR)
    return _After(report.verdict, frozenset(map(_key, report.findings)), frozenset(errors))
