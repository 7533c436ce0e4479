"""What the probes are asked: how deep and how long they look, and who hears of it before all is done."""

from __future__ import annotations

from collections.abc import Callable

from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.tuples import NamedTuple

if TYPE_CHECKING:
    from torch_doctor.core.records import DeepResult, ProofStep
    from torch_doctor.probes.live.torch_child import OnStage

TIMEOUT_S = 10.0
LIVE_TIMEOUT_S = 120.0
# What the supervisor may take beyond a child's time to end it; probes are waited for that much longer.
ENDING_S = 1.5
# Of a deadline for the whole check: what judging and printing may take, and what children have at least.
_JUDGING_S, _LEAST_S = 1.0, 0.3


class Inquiry(NamedTuple):
    """Which environment is looked at, and how: what is not asked is NOT_ASKED in the facts.

    *python* is an interpreter, a venv or a prefix (None: the one that is found). Static probes have *timeout_s*
    seconds; *static* leaves out the driver proof and torch, which otherwise run beside them for at most
    *live_timeout_s*, and without *torch* the proof runs alone. With *deep* (or stages of it by name) the deep check
    runs when all else is done. With *deadline_s* all of it leaves time to judge within so many seconds, and what was
    not reached is a timeout.
    """

    python: str | None = None
    static: bool = False
    torch: bool = True
    deep: bool | tuple[str, ...] = False
    timeout_s: float = TIMEOUT_S
    live_timeout_s: float = LIVE_TIMEOUT_S
    deadline_s: float | None = None

    def within(self, limit_s: float) -> float:
        """Return what children may take of *limit_s*: with a deadline, all must end by it."""
        if self.deadline_s is None:
            return limit_s
        return min(limit_s, max(_LEAST_S, self.deadline_s - _JUDGING_S - ENDING_S))


class Listeners(NamedTuple):
    """Who hears of what before all is done.

    *static* gets what was collected as soon as the static facts are complete, *idle* the same where something else is
    still waited for: time to load what will judge. *proof* gets the steps of the driver proof
    and *stage* each stage of the live check (both in another thread), *deep* each result of the deep check. With
    *identify* they hear what names the machine, too; None is as the facts that are asked for.
    """

    static: Callable[[Any], None] | None = None
    idle: Callable[[Any], object] | None = None
    proof: Callable[[tuple[ProofStep, ...]], None] | None = None
    stage: OnStage | None = None
    deep: Callable[[DeepResult], None] | None = None
    identify: bool | None = None

    @classmethod
    def judged(
        cls, judge: Callable[..., Any], on_static: Callable[[Any], None] | None, **others: Any
    ) -> Listeners:
        """Return who judges before all is known, for *on_static* or else to load what judges, and the *others*."""
        if on_static is None:
            return cls(idle=lambda gathered: judge(*gathered), **others)
        return cls(lambda gathered: on_static(judge(*gathered)), **others)
