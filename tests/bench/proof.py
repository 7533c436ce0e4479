"""On a GPU machine: where the time of ``--proof driver`` goes.

``python -m tests.bench.proof [--runs N] [--proof torch]``: for each mark of one run (a child starts, a step of the proof
ends, a probe ends, the report is made) the median of its time since the command was started, in ms, with the time of the
processor that each probe took in its thread; and what the driver itself costs in a bare process.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

STARTED = "TORCH_DOCTOR_BENCH_STARTED"
# What the proof does at least, in a process of its own; the words are milliseconds.
BARE = """
import sys, time
begun = time.monotonic()
import ctypes
cuda = ctypes.CDLL("libcuda.so.1")
marks = {"load": time.monotonic()}
cuda.cuInit(0); marks["cuInit"] = time.monotonic()
context = ctypes.c_void_p()
cuda.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0); marks["context"] = time.monotonic()
cuda.cuDevicePrimaryCtxRelease_v2(0); marks["release"] = time.monotonic()
for name, at in marks.items():
    print(f"{name} {1e3 * (at - begun):.1f}", end="  ")
    begun = at
"""
NVML = "import pynvml; pynvml.nvmlInit(); pynvml.nvmlDeviceGetHandleByIndex(0)"


def main() -> int:
    """Run the command some times in a process that keeps marks, and print their medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--python", default=sys.executable, help="the environment that is judged")
    parser.add_argument("--proof", default="driver", choices=("static", "driver", "torch"))
    arguments = parser.parse_args()
    _bare()
    runs = [_traced(arguments.proof, arguments.python) for _ in range(arguments.runs + 1)][1:]
    print(f"\n{'ms':>8}  {'least':>8}  {'cpu':>7}  mark (medians of {len(runs)} runs)")
    for mark in sorted(
        {mark for run in runs for mark in run}, key=lambda mark: _median(runs, mark)
    ):
        taken = [run[mark] for run in runs if mark in run]
        cpu = [at[1] for at in taken if at[1] is not None]
        spent = f"{statistics.median(cpu):7.1f}" if cpu else " " * 7
        least = min(at[0] for at in taken)
        print(f"{_median(runs, mark):8.1f}  {least:8.1f}  {spent}  {mark}")
    return 0


def _median(runs: list[dict[str, Any]], mark: str) -> float:
    return statistics.median(run[mark][0] for run in runs if mark in run)


def _bare() -> None:
    for name, code, beside in (
        ("libcuda alone", BARE, None),
        ("libcuda beside NVML", BARE, NVML),
        ("libcuda, -I -S", BARE, None),
    ):
        how = ["-I", "-S"] if name.endswith("-S") else []
        for _ in range(3):
            other = subprocess.Popen([sys.executable, "-c", beside]) if beside else None
            started = time.monotonic()
            done = subprocess.run(
                [sys.executable, *how, "-c", code], capture_output=True, text=True, check=False
            )
            seconds = time.monotonic() - started
            if other:
                other.wait()
            print(f"{1e3 * seconds:8.1f} ms  {name}: {done.stdout} {done.stderr[-200:]}")
    for name, code in (("NVML init", NVML), ("pass", "pass")):
        started = time.monotonic()
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
        print(f"{1e3 * (time.monotonic() - started):8.1f} ms  {name}")


def _traced(proof: str, python: str) -> dict[str, Any]:
    command = [sys.executable, "-c", "from tests.bench.proof import trace; trace()"]
    command += ["check", "--json", "--proof", proof, "--python", python]
    environ = {**os.environ, STARTED: str(time.monotonic())}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    ended = time.monotonic() - float(environ[STARTED])
    known = next((line for line in done.stderr.splitlines() if line.startswith("marks ")), None)
    if known is None:
        print(done.stderr[-3000:])
        raise SystemExit(1)
    marks: dict[str, Any] = json.loads(known.removeprefix("marks "))
    return {**marks, "the command has ended": [1e3 * ended, None]}


class _Marks:
    """What happened when, in ms since the command was started, and what it cost the processor in its thread."""

    def __init__(self) -> None:
        self._started = float(os.environ[STARTED])
        self.at: dict[str, tuple[float, float | None]] = {}

    def put(self, mark: str, cpu_s: float | None = None) -> None:
        now = 1e3 * (time.monotonic() - self._started)
        self.at.setdefault(mark, (now, None if cpu_s is None else 1e3 * cpu_s))

    def around(self, module: Any, name: str, label: str | None = None) -> None:
        """Mark where a function of a module begins and ends."""
        inner: Callable[..., Any] = getattr(module, name)
        label = label or name

        @wraps(inner)
        def outer(*args: Any, **how: Any) -> Any:
            self.put(f"{label} begins")
            spent = time.thread_time()
            try:
                return inner(*args, **how)
            finally:
                self.put(f"{label} ends", time.thread_time() - spent)

        setattr(module, name, outer)


def trace() -> None:
    """Run the command line in this process and write the marks to stderr."""
    marks = _Marks()
    marks.put("Python runs")
    import torch_doctor.__main__
    import torch_doctor.api
    import torch_doctor.cli.main
    from torch_doctor.probes import tasks
    from torch_doctor.probes.host import supervise as supervising
    from torch_doctor.probes.live import trust
    from torch_doctor.probes.proof import child

    marks.put("imported for the trace")
    for module, name in (
        (trust, "changed_by_in_child"),
        (child, "plan"),
        (child, "loading_refusal"),
        (child, "_runnable"),
    ):
        marks.around(module, name)
    _watch_children(marks, supervising)
    inner = tasks.Running.work

    def work(self: Any) -> None:
        spent = time.thread_time()
        inner(self)
        marks.put(f"probe {self.task.name} ends", time.thread_time() - spent)

    tasks.Running.work = work  # type: ignore[method-assign]
    import torch_doctor.diagnose as diagnosing

    marks.around(diagnosing, "report_on")
    code = torch_doctor.__main__.main()
    used = [sum(os.times()[:2]), sum(os.times()[2:4])]
    marks.put("all is printed (cpu: this process)", used[0])
    marks.put("all is printed (cpu: its children)", used[1])
    sys.stderr.write(f"\nmarks {json.dumps(marks.at)}\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _watch_children(marks: _Marks, port: Any) -> None:
    inner = port.supervise

    def supervise(argv: Any, **how: Any) -> Any:
        name = next((word for word in argv if word.endswith(".py")), argv[0]).rpartition("/")[2]
        on_line, feed = how.pop("on_line", None), how.pop("feed", None)

        def heard(line: dict[str, Any]) -> Any:
            words = [str(line[key]) for key in ("stage", "step", "of", "loading") if line.get(key)]
            if "begin" not in line and len(words) < 3 and "loading" not in line:
                spent = line.get("seconds")
                marks.put(f"  {name}: {' '.join(words) or 'says something'}", spent)
            return on_line(line) if on_line else None

        def fed() -> Any:
            for number, piece in enumerate(feed()):
                marks.put(f"  {name}: is fed piece {number}")
                yield piece

        marks.put(f"child {name} begins")
        try:
            return inner(argv, on_line=heard, **({"feed": fed} if feed else {}), **how)
        finally:
            marks.put(f"child {name} has told all")

    port.supervise = supervise


if __name__ == "__main__":
    sys.exit(main())
