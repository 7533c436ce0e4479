"""Run every probe at once, under one deadline, and put together what they said."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from doctor.core.fact import Fact, Facts, Known, Reason, Unavailable
from doctor.core.records import DeepResult
from doctor.core.redact import Identity, redact
from doctor.core.text import one_line
from doctor.core.tuples import NamedTuple
from doctor.probes import (
    container,
    driver_files,
    env_vars,
    fabric,
    kernel_log,
    libcuda,
    libraries,
    nvml,
    packages,
    pci,
    pip_config,
    system,
    target,
    toolkit,
    torch_child,
    torch_static,
)
from doctor.probes.host import Host

TIMEOUT_S = 10.0
LIVE_TIMEOUT_S = 120.0
# What the supervisor may take beyond a child's time to end it; probes are waited for that much longer.
_ENDING_S = 1.5
# cuInit holds locks of the driver that NVML then waits for: it lets NVML go first, and a hanging one pass.
_NVML_FIRST_S = 1.0
_Said = Iterable[tuple[str, Fact[Any]]]
OnDeep = Callable[[DeepResult], None]


class Collected(NamedTuple):
    """Facts, and the seconds that each probe took."""

    facts: Facts
    timing: dict[str, float]


class Task(NamedTuple):
    """A probe ready to run; it owns the facts that become unavailable if it fails."""

    name: str
    owns: tuple[str, ...]
    run: Callable[[], _Said]


def collect(
    host: Host,
    *,
    python: str | None = None,
    static: bool = False,
    timeout_s: float = TIMEOUT_S,
    live_timeout_s: float = LIVE_TIMEOUT_S,
    identify: bool = False,
    on_static: Callable[[Collected], None] | None = None,
    on_stage: torch_child.OnStage | None = None,
    deep: bool = False,
    on_deep: OnDeep | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> Collected:
    """Return all facts about *host* and the environment *python* (an interpreter, a venv or a prefix).

    Static probes have *timeout_s* seconds; *static* leaves out cuInit and torch, which otherwise run beside them
    for at most *live_timeout_s*. *on_static* gets the static facts as soon as they are complete, *on_stage* (in
    another thread) each stage of the live check. With *deep*, the deep check runs when all else is done, and *on_deep*
    sees each of its results. *meanwhile* is called while the probes run, for work that needs no fact of theirs.
    Without *identify* UUIDs and home directories are replaced. Raises TargetError
    where *python* names no environment.
    """
    found = _Target(host, python)
    nvml_done = threading.Event()
    calls = [] if static else live_tasks(host, found, live_timeout_s, nvml_done, on_stage)
    started = [_Running(task) for task in calls]
    quick = [_Running(task) for task in static_tasks(host, found, timeout_s, nvml_done)]
    if python is not None:
        found.get()
    if meanwhile is not None:
        meanwhile()

    def finish(runs: Sequence[_Running], limit_s: float) -> Collected:
        deadline = time.monotonic() + limit_s
        said = merge([run.wait(deadline, limit_s) for run in runs])
        facts = said if identify else redact(said, Identity.of(host.environ))
        return Collected(facts, {run.task.name: run.seconds for run in runs})

    collected = finish(quick, timeout_s + _ENDING_S)
    if static:
        return _without_calls(collected)
    if on_static is not None:
        on_static(_without_calls(collected))
    # The observation comes first: where two tell the same fact, what was seen to happen counts.
    seen = finish([*started, *quick], live_timeout_s + _ENDING_S)
    return _deeper(host, found, seen, on_deep) if deep else seen


def _deeper(host: Host, found: _Target, seen: Collected, on_deep: OnDeep | None) -> Collected:
    """Add the deep check, which has the machine for itself: what runs beside it would be measured, too."""
    from doctor.probes import deep_child

    def work() -> _Said:
        return deep_child.deep(host, found.get(), seen.facts, on_stage=on_deep)

    run = _Running(Task("deep", deep_child.OWNS, work))
    limit_s = deep_child.TIMEOUT_S + deep_child.CHILDREN * _ENDING_S
    said = run.wait(time.monotonic() + limit_s, limit_s)
    return Collected(merge([seen.facts, said]), {**seen.timing, "deep": run.seconds})


def live_tasks(
    host: Host,
    found: _Target,
    timeout_s: float,
    nvml_done: threading.Event,
    on_stage: torch_child.OnStage | None = None,
) -> list[Task]:
    """Return what calls the driver and torch, in order of precedence."""

    def calls() -> _Said:
        nvml_done.wait(_NVML_FIRST_S)
        return libcuda.probe_calls(host, min(timeout_s, libcuda.TIMEOUT_S))

    def live() -> _Said:
        return torch_child.live(host, found.get(), timeout_s, on_stage)

    return [
        Task("live", torch_child.OWNS, live),
        Task("libcuda_calls", libcuda.CALLS_OWN, calls),
    ]


def static_tasks(
    host: Host, found: _Target, timeout_s: float, nvml_done: threading.Event
) -> list[Task]:
    """Return every other probe, in order of precedence; those that start a child come first."""

    def ask_nvml() -> _Said:
        try:
            yield from nvml.probe(host, timeout_s)
        finally:
            nvml_done.set()

    modules = (driver_files, pci, container, system, env_vars, fabric, kernel_log)
    readers = (torch_static, packages, toolkit, libraries, pip_config)
    return [
        Task("nvml", nvml.OWNS, ask_nvml),
        Task("libcuda", libcuda.FILES_OWN, lambda: libcuda.probe_files(host)),
        *(Task(_name(module), module.OWNS, _bound(module.probe, host)) for module in modules),
        Task("target", target.OWNS, lambda: target.probe(host, found.get())),
        *(
            Task(_name(reader), reader.OWNS, _bound_to(reader.probe, host, found))
            for reader in readers
        ),
    ]


def merge(said: Sequence[Mapping[str, Fact[Any]]]) -> Facts:
    """Put facts together: a value beats none; a gap beats "not present"; else the earlier probe counts.

    So the driver's release is NVML's where NVML answers and that of /proc where it does not, and "no driver" is
    only said where nobody who might know was kept from looking.
    """
    merged: dict[str, Fact[Any]] = {}
    for facts in said:
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


class _Target:
    """The environment to judge, found once, by whichever probe asks for it first."""

    def __init__(self, host: Host, python: str | None) -> None:
        self._host, self._python = host, python
        self._lock = threading.Lock()
        self._found: target.Target | target.TargetError | None = None

    def get(self) -> target.Target:
        """Return the target; raise TargetError where there is none."""
        with self._lock:
            if self._found is None:
                try:
                    self._found = target.resolve_target(self._host, self._python)
                except target.TargetError as error:
                    self._found = error
        if isinstance(self._found, target.TargetError):
            raise self._found
        return self._found


class _Running:
    """A probe in a thread of its own, which is left behind if it does not come back."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.seconds = 0.0
        self._started = time.monotonic()
        self._said: list[tuple[str, Fact[Any]]] = []
        self._failure: Unavailable | None = None
        self._thread = threading.Thread(target=self._work, name=f"probe {task.name}", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            for item in self.task.run():
                self._said.append(item)
        except target.TargetError as error:
            self._failure = Unavailable(Reason.NOT_PRESENT, str(error))
        except Exception as error:  # noqa: BLE001 - a faulty probe costs its own facts and no others
            detail = one_line(f"the {self.task.name} probe failed: {type(error).__name__}: {error}")
            self._failure = Unavailable(Reason.CRASHED, detail)
        finally:
            self.seconds = round(time.monotonic() - self._started, 4)

    def wait(self, deadline: float, limit_s: float) -> dict[str, Fact[Any]]:
        """Return what the probe said until *deadline*; what it owns and did not say is unavailable."""
        self._thread.join(max(0.0, deadline - time.monotonic()))
        gap = self._failure
        if self._thread.is_alive():
            self.seconds = round(time.monotonic() - self._started, 4)
            detail = f"the {self.task.name} probe did not finish within {limit_s:.0f} s"
            gap = Unavailable(Reason.TIMEOUT, detail)
        said = dict(self._said[:])
        return said if gap is None else {**dict.fromkeys(self.task.owns, gap), **said}


def _without_calls(collected: Collected) -> Collected:
    """Say of what only calls can tell that it was not asked."""
    detail = "a static check calls neither libcuda nor torch"
    unasked = dict.fromkeys(
        (*libcuda.CALLS_OWN, *torch_child.OWNS), Unavailable(Reason.NOT_ASKED, detail)
    )
    return collected._replace(facts=merge([collected.facts, unasked]))


def _name(module: Any) -> str:
    return str(module.__name__).rpartition(".")[2]


def _bound(function: Callable[[Host], _Said], host: Host) -> Callable[[], _Said]:
    return lambda: function(host)


def _bound_to(
    function: Callable[[Host, target.Target], _Said], host: Host, found: _Target
) -> Callable[[], _Said]:
    return lambda: function(host, found.get())
