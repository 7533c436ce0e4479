"""Probes in threads that may be left behind, and how the facts of several are put together."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from torch_doctor.core.fact import Fact, Facts, Known, Reason, Unavailable
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple

if TYPE_CHECKING:
    Answers = Iterable[tuple[str, Fact[Any]]]

# What a probe may take while others wait for its thread.
PATIENCE_S = 0.02


class Task(NamedTuple):
    """A probe ready to run; it owns the facts that become unavailable if it fails."""

    name: str
    owns: tuple[str, ...]
    run: Callable[[], Answers]


class Running:
    """A probe in a thread, which is left behind if it does not come back."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.seconds = 0.0
        self._begun = time.monotonic()
        self._ended = threading.Event()
        self._answered: list[tuple[str, Fact[Any]]] = []
        self._failure: Unavailable | None = None

    @classmethod
    def alone(cls, task: Task) -> Running:
        """Start a probe in a thread of its own."""
        run = cls(task)
        if not in_thread(run.work, task.name):
            run.work()
        return run

    def work(self) -> None:
        """Run the probe, and keep what it says."""
        self._begun = time.monotonic()
        try:
            for item in self.task.run():
                self._answered.append(item)
        except Exception as error:  # noqa: BLE001 - a faulty probe costs its own facts and no others
            self._failure = self._why(error)
        finally:
            self.seconds = round(time.monotonic() - self._begun, 4)
            self._ended.set()

    def _why(self, error: Exception) -> Unavailable:
        from torch_doctor.probes.python.target import TargetError

        if isinstance(error, TargetError):
            return Unavailable(Reason.NOT_PRESENT, str(error))
        detail = one_line(f"the {self.task.name} probe failed: {type(error).__name__}: {error}")
        return Unavailable(Reason.CRASHED, detail)

    def is_late(self, seconds: float) -> bool:
        """Wait for at most so many seconds; return whether it still runs."""
        return not self._ended.wait(seconds)

    def seconds_now(self) -> float:
        """Return how long it has been running, or ran."""
        return self.seconds or time.monotonic() - self._begun

    def wait(self, deadline: float, limit_s: float) -> dict[str, Fact[Any]]:
        """Return what the probe said until *deadline*; what it owns and did not say is unavailable."""
        is_late = self.is_late(max(0.0, deadline - time.monotonic()))
        gap = self._failure
        if is_late:
            self.seconds = round(time.monotonic() - self._begun, 4)
            detail = f"the {self.task.name} probe did not finish within {limit_s:.0f} s"
            gap = Unavailable(Reason.TIMEOUT, detail)
        answers = dict(self._answered[:])
        return answers if gap is None else {**dict.fromkeys(self.task.owns, gap), **answers}


class Series:
    """Probes in one thread, one after another; where one keeps the others waiting, they go on in a further thread.

    Most take a thousandth of a second, and as many threads as probes would take longer than they.
    """

    def __init__(self, tasks: Iterable[Task]) -> None:
        self.runs = [Running(task) for task in tasks]
        self._left = deque(self.runs)
        self._drained = threading.Event()
        self._taken = time.monotonic()
        if not in_thread(self._work, "probes"):
            self._work()

    def _work(self) -> None:
        while run := self._next():
            run.work()
        self._drained.set()

    def _next(self) -> Running | None:
        self._taken = time.monotonic()
        try:
            return self._left.popleft()
        except IndexError:
            return None

    def urge(self) -> None:
        """Have another thread go on where the probe that was begun last has taken its time."""
        if self._left and time.monotonic() - self._taken > PATIENCE_S:
            self._taken = time.monotonic()
            in_thread(self._work, "probes")

    def begin_all(self, deadline: float) -> None:
        """Wait until none is left to begin, until *deadline* (monotonic, s) at the most."""
        while self._left and not self._drained.wait(PATIENCE_S) and time.monotonic() < deadline:
            self.urge()


def in_thread(work: Callable[[], None], name: str) -> bool:
    """Start a thread that is left behind; return whether there is one: a limit of processes or memory may forbid it."""
    try:
        threading.Thread(target=work, name=f"probe {name}", daemon=True).start()
    except RuntimeError:
        return False
    return True


def merge(answers: Sequence[Mapping[str, Fact[Any]]]) -> Facts:
    """Put facts together: a value beats none; a gap beats "not present"; else the earlier probe counts.

    So the driver's release is NVML's where NVML answers and that of /proc where it does not, and "no driver" is
    only said where nobody who might know was kept from looking.
    """
    merged: dict[str, Fact[Any]] = {}
    for facts in answers:
        for name, fact in facts.items():
            if name not in merged or _weight(fact) > _weight(merged[name]):
                merged[name] = fact
    return Facts(merged)


def _weight(fact: Fact[Any]) -> int:
    if isinstance(fact, Known):
        return 3
    if fact.reason.is_failure:
        return 2
    return 1 if fact.reason.is_answer else 0
