"""The driver proof: what libcuda answers to a kernel of our own, to the wheel's code and to its libraries.

It runs in a supervised child of the interpreter that is judged, without torch. The child starts while NVML is still
being asked, and waits for its plan before it starts CUDA.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator

from torch_doctor.core.fact import Fact, Reason, Unavailable
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.probes.driver import libcuda
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.host.supervise import ChildResult
from torch_doctor.probes.live.torch_child import quiet_directory, refusal
from torch_doctor.probes.machine.system import os_family
from torch_doctor.probes.payloads import path_of
from torch_doctor.probes.proof import answers
from torch_doctor.probes.proof.plan import plan
from torch_doctor.probes.python.target import Target, TargetError

OWNS = (*libcuda.CALLS_OWN, *answers.OWNS)
TIMEOUT_S = 60.0
INIT_S, STEP_S, END_S = 20.0, 15.0, 10.0
CODE_S = 40.0  # where all that fits the GPU is PTX, the driver compiles it
_PAYLOAD = path_of("proof")


def prove(
    host: Host, target: Callable[[], Target], timeout_s: float, ready: Callable[[], object]
) -> Iterator[tuple[str, Fact[Any]]]:
    """Run the proof for at most *timeout_s* seconds, and start CUDA when *ready* has returned.

    Where the target's own code must not be run, or where there is none, the driver is asked to run ours alone.
    """
    if os_family(host) == "darwin":
        yield from libcuda.probe_calls(host)
        gap = Unavailable(Reason.NOT_APPLICABLE, "macOS has no libcuda")
        yield from dict.fromkeys(answers.OWNS, gap).items()
        return
    planner = _Planner(host, _runnable(host, target), ready)
    clock = _Clock()
    result = _run(host, planner, clock, timeout_s)
    if planner.target is not None and _did_not_start(result):
        planner = _Planner(host, None, ready)  # the interpreter is the fault, and not the driver's
        result = _run(host, planner, clock, timeout_s)
    if result.status in ("crash", "exit") and len(answers.unfinished(result.lines)) > 1:
        planner.one_by_one = (
            True  # one of several ended the process: which, shows when they take turns
        )
        result = _run(host, planner, clock, timeout_s)
    if result.status == "not-recorded":
        yield from libcuda.probe_calls(host, min(timeout_s, libcuda.TIMEOUT_S))
        gap = Unavailable(Reason.NOT_ASKED, result.detail)
        yield from dict.fromkeys(answers.OWNS, gap).items()
        return
    yield from libcuda.parse(result)
    yield from answers.tell(result, clock.limit_s, planner.failure)


def _run(host: Host, planner: _Planner, clock: _Clock, timeout_s: float) -> ChildResult:
    python = planner.target.executable if planner.target else sys.executable
    return host.child(
        "proof",
        [python, "-I", "-S", "-B", _PAYLOAD],
        timeout_s=timeout_s,
        # what the driver compiles is not to stay in the user's cache
        env={**host.environ, "CUDA_CACHE_DISABLE": "1"},
        cwd=quiet_directory(host),
        on_line=clock,
        feed=planner,
    )


def _did_not_start(result: ChildResult) -> bool:
    """Whether an interpreter ended before the first line of the script."""
    return result.status in ("not-started", "exit", "crash") and not result.lines


def _runnable(host: Host, target: Callable[[], Target]) -> Target | None:
    """Return the target if its interpreter and its libraries may be run, and torch is there."""
    try:
        found = target()
    except TargetError:
        return None
    return None if refusal(host, found) else found


class _Planner:
    """Makes the plan while the child starts; what goes wrong with it is told as a step of its own."""

    def __init__(self, host: Host, target: Target | None, ready: Callable[[], object]) -> None:
        self.target, self.failure, self.one_by_one = target, "", False
        self._host, self._ready = host, ready

    def __call__(self) -> bytes:
        made: Any = {}
        if self.target is not None:
            try:
                made = dict(plan(self._host, self.target))
            except Exception as error:  # noqa: BLE001 - a fault in the plan costs the plan, not the proof
                self.failure = one_line(f"{type(error).__name__}: {error}")
        self._ready()
        return json.dumps({**made, "one_by_one": self.one_by_one}).encode("ascii")


class _Clock:
    """Answers how long the child may take until its next line."""

    def __init__(self) -> None:
        self.limit_s = END_S
        self._running: dict[object, float] = {}

    def __call__(self, line: dict[str, Any]) -> float:
        gpu = line.get("gpu")
        if "begin" in line:
            self._running[gpu] = CODE_S if line["begin"] == "code" else STEP_S
        elif "step" in line:
            self._running.pop(gpu, None)
        starting = line.get("stage") in ("version", "plan")
        self.limit_s = max(self._running.values(), default=INIT_S if starting else END_S)
        return self.limit_s
