"""The driver proof: what libcuda answers to a kernel of our own, to the wheel's code and to its libraries.

It runs in a supervised child of the interpreter that is judged, without torch. The child starts while NVML is still
being asked, and waits for its plan before it starts CUDA.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator

from torch_doctor.core.fact import Fact, Reason, Unavailable
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.probes.driver import libcuda
from torch_doctor.probes.host.children import ChildResult
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.live.refusal import (
    loading_refusal,
    quiet_directory,
    starting_refusal,
)
from torch_doctor.probes.machine.system import os_family
from torch_doctor.probes.payloads import script
from torch_doctor.probes.proof import answers
from torch_doctor.probes.proof.plan import files_of, plan
from torch_doctor.probes.python.target import Target, TargetError
from torch_doctor.probes.torch.install import find_install

OWNS = (*libcuda.CALLS_OWN, *answers.OWNS)
TIMEOUT_S = 60.0
INIT_S, STEP_S, END_S = 20.0, 15.0, 10.0
CODE_S = 40.0  # where all that fits the GPU is PTX, the driver compiles it


class Surroundings(NamedTuple):
    """What the proof needs of others: the *target*, to wait until CUDA may start, and whom to tell of its end."""

    target: Callable[[], Target]
    ready: Callable[[], object]
    gone: Callable[[], object]


def prove(host: Host, asked: Surroundings, timeout_s: float) -> Iterator[tuple[str, Fact[Any]]]:
    """Run the proof for at most *timeout_s* seconds, and start CUDA when that may be.

    Where the target's own code must not be run, or where there is none, the driver is asked to run ours alone.
    """
    if os_family(host) == "darwin":
        asked.gone()
        yield from libcuda.probe_calls(host)
        gap = Unavailable(Reason.NOT_APPLICABLE, "macOS has no libcuda")
        yield from dict.fromkeys(answers.OWNS, gap).items()
        return
    run = _Run(host, _runnable(host, asked.target), asked, timeout_s)
    result = run.once()
    if run.target is not None and _did_not_start(result):
        run.target = None  # the interpreter is the fault, and not the driver's
        result = run.once()
    if answers.is_ambiguous(result):
        run.one_by_one = True  # one of several ended the process: which, shows when they take turns
        result = run.once()
    run.was_last()
    if result.status == "not-recorded":
        yield from libcuda.probe_calls(host, min(timeout_s, libcuda.TIMEOUT_S))
        gap = Unavailable(Reason.NOT_ASKED, result.detail)
        yield from dict.fromkeys(answers.OWNS, gap).items()
        return
    yield from libcuda.parse(result)
    yield from answers.tell(result, run.clock.limit_s, run.failure)


def _did_not_start(result: ChildResult) -> bool:
    """Whether an interpreter ended before the first line of the script."""
    return result.status in ("not-started", "exit", "crash") and not result.lines


def _runnable(host: Host, target: Callable[[], Target]) -> Target | None:
    """Return the target if its interpreter may be run, and torch is there; of its libraries the plan has to ask."""
    try:
        found = target()
    except TargetError:
        return None
    if find_install(host, found) is None or starting_refusal(host, found):
        return None
    return found


class _Run:
    """One child after another. The plan is made while CUDA starts; what goes wrong with it is a step of its own."""

    def __init__(
        self, host: Host, target: Target | None, asked: Surroundings, timeout_s: float
    ) -> None:
        self.target, self.failure, self.one_by_one, self.clock = target, "", False, _Clock()
        self._host, self._asked, self._timeout_s = host, asked, timeout_s
        self._lock, self._exited, self._last = threading.Lock(), False, False

    def once(self) -> ChildResult:
        """Run the child, and return when it has told everything."""
        self.clock, self._exited = _Clock(), False
        python = self.target.executable if self.target else sys.executable
        return self._host.child(
            "proof",
            [python, "-I", "-S", "-B", *script("proof")],
            timeout_s=self._timeout_s,
            # what the driver compiles is not to stay in the user's cache
            env={**self._host.environ, "CUDA_CACHE_DISABLE": "1"},
            cwd=quiet_directory(self._host),
            on_line=self.clock,
            feed=self._feed,
            on_exit=self._exit,
        )

    def was_last(self) -> None:
        """Pass on that the child is gone, now or when it is."""
        with self._lock:
            self._last = True
            exited = self._exited
        if exited:
            self._asked.gone()

    def _exit(self) -> None:
        with self._lock:
            self._exited = True
            last = self._last
        if last:
            self._asked.gone()

    def _feed(self) -> Iterator[bytes]:
        self._asked.ready()
        yield json.dumps({"one_by_one": self.one_by_one}).encode("ascii") + b"\n"
        if self.target is None:
            return
        try:
            for part in plan(self._host, self.target):
                if loading_refusal(self._host, files_of(part)):
                    return
                yield json.dumps(part).encode("ascii") + b"\n"
        except Exception as error:  # noqa: BLE001 - a fault in the plan costs the plan, not the proof
            self.failure = one_line(f"{type(error).__name__}: {error}")


class _Clock:
    """Answers how long the child may take until its next line."""

    def __init__(self) -> None:
        self.limit_s = END_S
        self._running: dict[tuple[str, str], float] = {}

    def __call__(self, line: dict[str, Any]) -> float:
        place = answers.place_of(line)
        if "begin" in line:
            self._running[place] = CODE_S if line["begin"] == "code" else STEP_S
        elif "step" in line:
            self._running.pop(place, None)
        starting = line.get("stage") in ("version", "plan")
        self.limit_s = max(self._running.values(), default=INIT_S if starting else END_S)
        return self.limit_s
