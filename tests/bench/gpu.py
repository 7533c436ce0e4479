"""On a GPU machine: what the check costs beside torch itself and beside other tools, in one interleaved run.

``python -m tests.bench.gpu [--runs N] [--held] [--peers]``: medians, the ratios that are promised with what is allowed, and
the memory that is taken at most, by all processes of a command and on each GPU. With ``--held`` another process keeps a
context on every GPU meanwhile, as on a machine in use: the driver then starts in less time. ``--peers`` adds other
tools where they are installed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import NamedTuple

PYTHON = sys.executable
NVML = (
    "import pynvml; pynvml.nvmlInit(); h = pynvml.nvmlDeviceGetHandleByIndex(0);"
    "print(pynvml.nvmlDeviceGetName(h))"
)
ONES = "torch.ones on the GPU"
NAME = "NVML init and one name"
DRIVER, STATIC, WHOLE = (
    "torch-doctor --proof driver --json",
    "torch-doctor --static",
    "torch-doctor",
)
BARE, GATE = "python -c pass", "require(proof='driver')"
COMMANDS: dict[str, tuple[str, ...]] = {
    BARE: (PYTHON, "-c", "pass"),
    NAME: (PYTHON, "-c", NVML),
    STATIC: (PYTHON, "-m", "torch_doctor", "--static"),
    DRIVER: (PYTHON, "-m", "torch_doctor", "--proof", "driver", "--json"),
    GATE: (PYTHON, "-c", "import torch_doctor; torch_doctor.require(proof='driver')"),
    ONES: (PYTHON, "-c", "import torch; torch.ones(1, device='cuda')"),
    WHOLE: (PYTHON, "-m", "torch_doctor"),
}
PEERS: dict[str, tuple[str, ...]] = {
    "collect_env": (PYTHON, "-m", "torch.utils.collect_env"),
    "env-doctor check --json": ("env-doctor", "check", "--json"),
    "cuda-doctor diagnose -f json": ("cuda-doctor", "diagnose", "-f", "json"),
}
# What is promised: a command, beside what, and how many times that at most.
RATIOS = ((STATIC, NAME, 1.5), (DRIVER, ONES, 0.15), (WHOLE, ONES, 1.15))
# What a script that runs already may wait at its top, in seconds: its interpreter is there with and without the call.
GATE_S = 0.5
# Keeps a context on each GPU, says so, and ends with its input.
HOLD = """
import ctypes, sys
cuda, context, count = ctypes.CDLL("libcuda.so.1"), ctypes.c_void_p(), ctypes.c_int()
assert cuda.cuInit(0) == 0 and cuda.cuDeviceGetCount(ctypes.byref(count)) == 0
for index in range(count.value):
    assert cuda.cuDevicePrimaryCtxRetain(ctypes.byref(context), index) == 0
print("held", flush=True)
sys.stdin.read()
"""
LOOK_S = 0.003


class Peak(NamedTuple):
    """What a command took at most: MiB of all its processes together, of the largest of them, and on each GPU."""

    together: int
    largest: int
    gpus: list[int]


def seconds(argv: Sequence[str]) -> float:
    """Run once and return the wall time."""
    started = time.perf_counter()
    quiet = subprocess.DEVNULL
    subprocess.run(argv, stdin=quiet, stdout=quiet, stderr=quiet, check=False, env=_environ())
    return time.perf_counter() - started


def _environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@contextmanager
def held() -> Iterator[None]:
    """Keep a context on every GPU in another process."""
    pipe = subprocess.PIPE
    with subprocess.Popen([PYTHON, "-c", HOLD], stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        if process.stdout.readline() != "held\n":
            raise RuntimeError("no context was to be had")
        yield
        process.stdin.close()


def peak(argv: Sequence[str]) -> Peak:
    """Run once and look again and again at the memory of the command and of each GPU."""
    import pynvml

    pynvml.nvmlInit()
    handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
    most: dict[int, int] = {}
    before = [pynvml.nvmlDeviceGetMemoryInfo(handle).used for handle in handles]
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(LOOK_S):
            for index, handle in enumerate(handles):
                used = pynvml.nvmlDeviceGetMemoryInfo(handle).used
                most[index] = max(most.get(index, 0), used - before[index])

    watching = threading.Thread(target=look)
    watching.start()
    together, largest, quiet = 0, 0, subprocess.DEVNULL
    with subprocess.Popen(argv, stdin=quiet, stdout=quiet, stderr=quiet, env=_environ()) as process:
        while process.poll() is None:
            sizes = [_resident(pid) for pid in (process.pid, *_below(process.pid))]
            together, largest = max(together, sum(sizes)), max(largest, *sizes)
            time.sleep(LOOK_S)
    ended.set()
    watching.join()
    return Peak(together >> 10, largest >> 10, [most.get(i, 0) >> 20 for i in range(len(handles))])


def _below(pid: int) -> Iterator[int]:
    """Yield what a process has started, and what that has."""
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                children = [int(word) for word in file.read().split()]
            for child in children:
                yield child
                yield from _below(child)
    except OSError:
        return


def _resident(pid: int) -> int:
    """Return the memory that a process has to itself and its share of what it has with others, in KiB."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0


def measure(commands: dict[str, tuple[str, ...]], runs: int) -> dict[str, list[float]]:
    """Run each command in turn, again and again; the first round fills the caches and does not count."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(runs + 1):
        for name, argv in commands.items():
            taken = seconds(argv)
            if number:
                times[name].append(taken)
    return times


def tell(times: dict[str, list[float]]) -> None:
    """Print medians, and the ratios that are promised."""
    for name, taken in times.items():
        print(f"{statistics.median(taken):8.3f} s  (least {min(taken):.3f})  {name}")
    for name, base, allowed in RATIOS:
        pairs = [one / other for one, other in zip(times[name], times[base], strict=True)]
        ratio = statistics.median(pairs)
        words = "met" if ratio <= allowed else "not met"
        print(f"{ratio:8.2f} x  {name} / {base}; allowed {allowed}: {words}")
    gate_s = statistics.median(a - b for a, b in zip(times[GATE], times[BARE], strict=True))
    words = "met" if gate_s <= GATE_S else "not met"
    print(f"{gate_s:8.3f} s  {GATE} in a script that runs; allowed {GATE_S}: {words}")


def main() -> None:
    """Measure, and print all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="how often each is run (default: 7)")
    parser.add_argument("--held", action="store_true", help="another process has a context, too")
    parser.add_argument("--peers", action="store_true", help="other tools, too")
    arguments = parser.parse_args()
    commands = COMMANDS | (PEERS if arguments.peers else {})
    commands = {name: argv for name, argv in commands.items() if shutil.which(argv[0])}
    with held() if arguments.held else nullcontext():
        tell(measure(commands, arguments.runs))
        for name in (STATIC, DRIVER, WHOLE, ONES):
            most = peak(commands[name])
            gpus = ", ".join(map(str, most.gpus))
            print(
                f"{most.together:6} MiB at most, {most.largest} in one process, {gpus} on each GPU: {name}"
            )


if __name__ == "__main__":
    main()
