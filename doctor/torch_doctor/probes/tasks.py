"""A probe in a thread of its own, and how the facts of several are put together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from torch_doctor.core.fact import Fact, Facts, Known, Reason, Unavailable
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple

if TYPE_CHECKING:
    Answers = Iterable[tuple[str, Fact[Any]]]


class Task(NamedTuple):
    """A probe ready to run; it owns the facts that become unavailable if it fails."""

    name: str
    owns: tuple[str, ...]
    run: Callable[[], Answers]


class Running:
    """A probe in a thread of its own, which is left behind if it does not come back."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.seconds = 0.0
        self._started = time.monotonic()
        self._answered: list[tuple[str, Fact[Any]]] = []
        self._failure: Unavailable | None = None
        self._thread = threading.Thread(target=self._work, name=f"probe {task.name}", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # a limit of processes or memory: then one probe after another
            self._work()

    def _work(self) -> None:
        try:
            for item in self.task.run():
                self._answered.append(item)
        except Exception as error:  # noqa: BLE001 - a faulty probe costs its own facts and no others
            self._failure = self._why(error)
        finally:
            self.seconds = round(time.monotonic() - self._started, 4)

    def _why(self, error: Exception) -> Unavailable:
        from torch_doctor.probes.python.target import TargetError

        if isinstance(error, TargetError):
            return Unavailable(Reason.NOT_PRESENT, str(error))
        detail = one_line(f"the {self.task.name} probe failed: {type(error).__name__}: {error}")
        return Unavailable(Reason.CRASHED, detail)

    def is_late(self, seconds: float) -> bool:
        """Wait for at most so many seconds; return whether it still runs."""
        if self._thread.is_alive():
            self._thread.join(seconds)
        return self._thread.is_alive()

    def seconds_now(self) -> float:
        """Return how long it has been running, or ran."""
        return self.seconds or time.monotonic() - self._started

    def wait(self, deadline: float, limit_s: float) -> dict[str, Fact[Any]]:
        """Return what the probe said until *deadline*; what it owns and did not say is unavailable."""
        if self._thread.is_alive():
            self._thread.join(max(0.0, deadline - time.monotonic()))
        gap = self._failure
        if self._thread.is_alive():
            self.seconds = round(time.monotonic() - self._started, 4)
            detail = f"the {self.task.name} probe did not finish within {limit_s:.0f} s"
            gap = Unavailable(Reason.TIMEOUT, detail)
        answers = dict(self._answered[:])
        return answers if gap is None else {**dict.fromkeys(self.task.owns, gap), **answers}


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
