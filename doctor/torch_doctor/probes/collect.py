"""Run every probe at once, under one deadline, and put together what they said."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence

from torch_doctor.core.fact import Facts, Known, Reason, Unavailable
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.probes.first import ask_first, has_room
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.inquiry import ENDING_S, Inquiry, Listeners
from torch_doctor.probes.tasks import Running, Series, Task, merge

if TYPE_CHECKING:
    from torch_doctor.probes.first import First
    from torch_doctor.probes.python.target import Target, TargetError
    from torch_doctor.probes.tasks import Answers

# Some 5 GB are read before anything is measured: seconds where they are cached, a minute from a slow disk.
HASHES_S = 120.0
# cuInit holds locks of the driver that NVML then waits for: it lets NVML go first, and a hanging one pass.
_NVML_FIRST_S = 1.0
# The proof's process is started before all else: threads of one interpreter keep each other from working.
_HEAD_START_S = 0.25


class Collected(NamedTuple):
    """Facts, and the seconds that each probe took."""

    facts: Facts
    timing: dict[str, float]


class Precedence(NamedTuple):
    """Who goes before whom: NVML answers before CUDA is started, and the proof's process is there before other probes.

    With *linger* torch's process may still be ending when all is known of it.
    """

    nvml_done: threading.Event
    proving: threading.Event
    linger: bool = False


def collect(
    host: Host,
    asked: Inquiry = Inquiry(),
    listeners: Listeners = Listeners(),
    meanwhile: Iterable[object] = (),
    first: First | None = None,
) -> Collected:
    """Return all facts about *host* and the environment that is asked about.

    *meanwhile* is gone through while the probes run: work that needs no fact of theirs. *first* is the probe of NVML
    where it was begun before. The facts are as they were
    read (gather takes out what identifies the machine). Raises TargetError where *asked* names no environment, or
    one that does not answer.
    """
    begun = time.monotonic()
    timeout_s, live_timeout_s = map(asked.within, (asked.timeout_s, asked.live_timeout_s))
    first = first or ask_first(host, timeout_s)
    order = Precedence(first.done, threading.Event(), linger=not asked.deep)
    found = _Target(host, asked.python)
    calls = [] if asked.static else live_tasks(host, found, live_timeout_s, order, listeners)
    calls = [task for task in calls if asked.torch or task.name != "live"]
    started = _started(calls, first.run, timeout_s)
    if started:
        order.proving.wait(_HEAD_START_S)
    series = Series(static_tasks(host, found))
    quick = [first.run, *series.runs]
    if asked.python is not None:
        found.get_within(timeout_s)
    for _ in meanwhile:
        series.urge()
    series.begin_all(time.monotonic() + timeout_s)
    collected = _finish(quick, timeout_s + ENDING_S)
    if asked.static:
        return _unasked(collected, "proof", "torch")
    if listeners.static is not None:
        listeners.static(_unasked(collected, "proof", "torch"))
    if listeners.idle is not None and any(run.is_late(0.0) for run in started):
        listeners.idle(_unasked(collected, "proof", "torch"))
    # The observation comes first: where two tell the same fact, what was seen to happen counts.
    spent_s = 0.0 if asked.deadline_s is None else min(time.monotonic() - begun, live_timeout_s)
    seen = _finish(started, live_timeout_s + ENDING_S - spent_s, quick)
    if not asked.torch:
        return _unasked(seen, "torch")
    return _deeper(host, found, seen, asked, listeners) if asked.deep else seen


def _started(calls: Sequence[Task], nvml: Running, limit_s: float) -> list[Running]:
    """Start each in a thread, or, where the process may have too little for that, one after another behind NVML."""
    if has_room():
        return [Running.alone(task) for task in calls]

    def turn() -> Answers:
        nvml.is_late(limit_s)
        return ()

    return Series([Task("turn", (), turn), *reversed(calls)]).runs[1:]


def _finish(runs: Sequence[Running], limit_s: float, late: Sequence[Running] = ()) -> Collected:
    """Wait for probes together, and put together what they said; *late* have had their time, and come last."""
    deadline = time.monotonic() + limit_s
    answers = [run.wait(deadline, limit_s) for run in runs]
    answers += [run.wait(0.0, run.seconds_now()) for run in late]
    return Collected(merge(answers), {run.task.name: run.seconds for run in (*runs, *late)})


def _deeper(
    host: Host,
    found: _Target,
    seen: Collected,
    asked: Inquiry,
    listeners: Listeners,
) -> Collected:
    """Add the deep check, which has the machine for itself: what runs beside it would be measured, too."""
    from torch_doctor.probes.live import deep_child
    from torch_doctor.probes.torch import wheel_files

    only = asked.deep if isinstance(asked.deep, tuple) else ()

    def measure() -> Answers:
        return deep_child.deep(host, found.get(), seen.facts, on_stage=listeners.deep, only=only)

    def read() -> Answers:
        return wheel_files.probe_records(host, found.get(), by_hash=True)

    hashes_s, stages_s = deep_limits(only)
    steps = [(Task("hashes", wheel_files.RECORDS_OWN, read), hashes_s)]
    steps += [(Task("deep", deep_child.OWNS, measure), stages_s)]
    for task, most_s in steps if hashes_s else steps[1:]:
        run = Running.alone(task)
        answer = run.wait(time.monotonic() + most_s, most_s)
        seen = Collected(merge([answer, seen.facts]), {**seen.timing, task.name: run.seconds})
    return seen


def deep_limits(only: Sequence[str] = ()) -> tuple[float, float]:
    """Return how many seconds the deep check may take for hashes of files, 0 where none is asked, and for stages."""
    from torch_doctor.probes.live import deep_child

    hashes = not only or deep_child.FILES in only
    stages_s = deep_child.TIMEOUT_S + deep_child.CHILDREN * ENDING_S
    return (HASHES_S if hashes else 0.0), stages_s


def live_tasks(
    host: Host,
    found: _Target,
    timeout_s: float,
    order: Precedence,
    listeners: Listeners = Listeners(),
) -> list[Task]:
    """Return what calls the driver and torch, in order of precedence.

    torch is imported while the driver proof runs, and starts CUDA when the proof's contexts are gone: on a GPU that is
    nearly full or takes one program at a time, two would get in each other's way.
    """
    from torch_doctor.probes.live import owns, torch_child
    from torch_doctor.probes.proof import child

    proof_done = threading.Event()
    deadline = time.monotonic() + timeout_s

    def ready() -> None:
        order.proving.set()
        order.nvml_done.wait(_NVML_FIRST_S)

    def prove() -> Answers:
        asked = child.Surroundings(found.get, ready, proof_done.set)
        try:
            for name, fact in child.prove(host, asked, min(timeout_s, child.TIMEOUT_S)):
                if listeners.proof and name == "driver_proof" and isinstance(fact, Known):
                    listeners.proof(fact.value)
                yield name, fact
        except BaseException:
            proof_done.set()
            raise
        finally:
            order.proving.set()

    def turn() -> Iterable[bytes]:
        proof_done.wait(child.TIMEOUT_S + ENDING_S)
        return ()

    def live() -> Answers:
        target, left_s = found.get(), deadline - time.monotonic()
        return torch_child.live(host, target, left_s, listeners.stage, turn, linger=order.linger)

    calls = [Task("live", owns.OWNS, live), Task("proof", child.OWNS, prove)]
    return [*calls, _records_task(host, found, order.nvml_done)]


def _records_task(host: Host, found: _Target, nvml_done: threading.Event) -> Task:
    """Return the look at every file that wheels brought; it takes its time while CUDA starts."""
    from torch_doctor.probes.torch import wheel_files

    def compare() -> Answers:
        nvml_done.wait(_NVML_FIRST_S)
        return wheel_files.probe_records(host, found.get())

    return Task("records", wheel_files.RECORDS_OWN, compare)


def static_tasks(host: Host, found: _Target) -> list[Task]:
    """Return every other probe, in order of precedence."""
    from torch_doctor.probes.driver import fabric, kernel_log, libcuda, unusable
    from torch_doctor.probes.driver import files as driver_files
    from torch_doctor.probes.machine import container, env_vars, limits, pci, system
    from torch_doctor.probes.python import environments, mirror_config, packages, pip_config
    from torch_doctor.probes.torch import libraries, shadows, toolkit, wheel_files
    from torch_doctor.probes.torch import static as torch_static

    system_modules = (pci, container, system, limits, env_vars)
    modules = (driver_files, *system_modules, fabric, kernel_log, unusable)
    of_torch = (torch_static, packages, toolkit, libraries, shadows, wheel_files)
    readers = (*of_torch, pip_config, mirror_config)
    return [
        Task("libcuda", libcuda.FILES_OWN, lambda: libcuda.probe_files(host)),
        *(Task(_name(module), module.OWNS, _bound(module.probe, host)) for module in modules),
        Task("target", environments.OWNS, lambda: environments.probe(host, found.get())),
        *(
            Task(_name(reader), reader.OWNS, _bound_to(reader.probe, host, found))
            for reader in readers
        ),
    ]


class _Target:
    """The environment to judge, found once, by whichever probe asks for it first."""

    def __init__(self, host: Host, python: str | None) -> None:
        self._host, self._python = host, python
        self._lock = threading.Lock()
        self._found: Target | TargetError | None = None

    def get(self) -> Target:
        """Return the target; raise TargetError where there is none."""
        from torch_doctor.probes.python.environments import resolve_target
        from torch_doctor.probes.python.target import TargetError

        with self._lock:
            if self._found is None:
                try:
                    self._found = resolve_target(self._host, self._python)
                except TargetError as error:
                    self._found = error
        if isinstance(self._found, TargetError):
            raise self._found
        return self._found

    def get_within(self, seconds: float) -> Target:
        """Return the target as get() does; raise TargetError, too, where it is not found in time."""
        from torch_doctor.probes.python.target import TargetError

        def look() -> Answers:
            self.get()
            return ()

        run = Running.alone(Task("target", (), look))
        if run.is_late(seconds):
            raise TargetError(f"{self._python} did not answer within {seconds:.0f} s")
        return self.get()


def _unasked(collected: Collected, *layers: str) -> Collected:
    """Say of what only the driver (``proof``) or ``torch`` can tell that it was not asked."""
    from torch_doctor.probes.driver import libcuda
    from torch_doctor.probes.live.owns import OWNS
    from torch_doctor.probes.torch import wheel_files

    proof = (*libcuda.CALLS_OWN, *libcuda.PROOF_OWN, *wheel_files.RECORDS_OWN)
    owns = {"proof": proof, "torch": OWNS}
    detail = "a static check calls neither libcuda nor torch"
    if "proof" not in layers:
        detail = "the proof ends with the driver, and torch is not run"
    gap = Unavailable(Reason.NOT_ASKED, detail)
    unasked = {name: gap for layer in layers for name in owns[layer]}
    return collected._replace(facts=merge([collected.facts, unasked]))


def _name(module: Any) -> str:
    return str(module.__name__).rpartition(".")[2]


def _bound(function: Callable[[Host], Answers], host: Host) -> Callable[[], Answers]:
    return lambda: function(host)


def _bound_to(
    function: Callable[[Host, Target], Answers], host: Host, found: _Target
) -> Callable[[], Answers]:
    return lambda: function(host, found.get())
