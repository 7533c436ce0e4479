"""What the stages of the deep check share: a place to run, a clock, bounded sizes and a measure of error.

Runs in the interpreter that is judged: Python 3.8, the standard library and torch, nothing else.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from typing import Any

MOST = 4 << 30  # bytes that one stage may hold at once, on however large a GPU
SHARE = 0.4  # of the memory that is free
BATCH_S, BATCHES = 0.12, 3
BUSY_PERCENT = 20


class Wrong(ArithmeticError):
    """A result that is not right."""


class Skipped(Exception):
    """What this GPU, this torch or this host cannot do and need not."""


class NoRoom(Exception):
    """Too little memory is free for this stage."""


class Hung(Exception):
    """Processes that the stage started did not finish."""


class Bench:
    """One GPU (or, with gpu None, the CPU), as the stages use it."""

    def __init__(self, torch: Any, gpu: int | None, scratch: str = "") -> None:
        self.torch, self.gpu, self.scratch = torch, gpu, scratch
        self.on_gpu = gpu is not None
        self.place = "cuda:%d" % gpu if gpu is not None else "cpu"
        self.capability = torch.cuda.get_device_capability(gpu) if self.on_gpu else (0, 0)
        self.watch = Watch(torch, gpu) if gpu is not None else None
        self.busy = self.watch.busy() if self.watch else None
        if self.on_gpu:
            self._limit_memory()
        self.noted: dict[str, Any] = {}

    def _limit_memory(self) -> None:
        """Keep torch's allocator to half of what is free: a mistake here must not fill a shared GPU."""
        free, total = self.torch.cuda.mem_get_info(self.gpu)
        fraction = max(0.01, min(0.9, 0.5 * free / total))
        self.torch.cuda.set_per_process_memory_fraction(fraction, self.gpu)

    def needs(self, capability: tuple[int, int], what: str) -> None:
        """Raise Skipped where the GPU is older than *what* needs."""
        if self.on_gpu and self.capability < capability:
            raise Skipped("%s needs compute capability %d.%d" % ((what, *capability)))

    def needs_gpu(self) -> None:
        """Raise Skipped on a CPU."""
        if not self.on_gpu:
            raise Skipped("needs a GPU")

    def sync(self) -> None:
        if self.on_gpu:
            self.torch.cuda.synchronize(self.gpu)

    def room(self) -> int:
        """Return how many bytes a stage may take."""
        if not self.on_gpu:
            return 64 << 20
        free, _ = self.torch.cuda.mem_get_info(self.gpu)
        return int(min(MOST, SHARE * free))

    def largest(self, sizes: tuple[int, ...], cost: Callable[[int], int]) -> int | None:
        """Return the first of *sizes* whose *cost* in bytes fits, or None."""
        room = self.room()
        return next((size for size in sizes if cost(size) <= room), None)

    def random(self, *shape: int, seed: int = 0) -> Any:
        """Return normal random numbers that are the same in every run."""
        generator = self.torch.Generator(device=self.place)
        generator.manual_seed(seed + 17)
        return self.torch.randn(*shape, device=self.place, generator=generator)

    def best(self, work: Callable[[], Any]) -> float:
        """Return the seconds that one *work* takes, in the best of a few batches.

        While the last batch runs, the driver is asked why it holds the clocks down.
        """
        work()
        once = max(1e-6, self._batch(work, 1)[0])
        count = int(max(1, min(200, BATCH_S / once)))
        found = [self._batch(work, count) for _ in range(BATCHES - 1)]
        found.append(self._batch(work, count, observe=min(f[0] for f in found) * count))
        return min(seconds for (seconds,) in found)

    def _batch(self, work: Callable[[], Any], count: int, observe: float = 0.0) -> tuple[float]:
        if not self.on_gpu:
            started = time.perf_counter()
            for _ in range(count):
                work()
            return ((time.perf_counter() - started) / count,)
        torch = self.torch
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        self.sync()
        start.record()
        for _ in range(count):
            work()
        end.record()
        if observe and self.watch:
            time.sleep(observe / 2)
            self.noted.update(self.watch.under_load())
        end.synchronize()
        return (start.elapsed_time(end) / 1e3 / count,)


def compare(got: Any, want: Any, typical: float, allowed: float, what: str) -> float:
    """Return the largest error of *got* against *want* (float64, CPU) in units of a typical entry; raise Wrong."""
    error = float((got.detach().double().cpu() - want.detach()).abs().max()) / typical
    if not error <= allowed:  # NaN is not, either
        raise Wrong(
            "%s is off by %.3g of a typical value; %.3g is allowed" % (what, error, allowed)
        )
    return error


class Watch:
    """NVML, asked from inside the process that works: what the driver says of this GPU right now."""

    def __init__(self, torch: Any, gpu: int) -> None:
        self.nvml, self.handle = None, ctypes.c_void_p()
        uuid = getattr(torch.cuda.get_device_properties(gpu), "uuid", None)
        try:
            nvml = ctypes.CDLL("libnvidia-ml.so.1")
            name = ("GPU-" + str(uuid).replace("GPU-", "")).encode()
            started = uuid is not None and nvml.nvmlInit_v2() == 0
            if started and nvml.nvmlDeviceGetHandleByUUID(name, ctypes.byref(self.handle)) == 0:
                self.nvml = nvml
        except (OSError, AttributeError):
            return

    def ask(self, name: str, answer: Any, *before: Any) -> Any:
        """Return what a getter wrote into *answer*, or None where it failed."""
        if self.nvml is None or not hasattr(self.nvml, name):
            return None
        failed = getattr(self.nvml, name)(self.handle, *before, ctypes.byref(answer))
        return None if failed else answer

    def _number(self, name: str, *before: Any) -> int | None:
        found = self.ask(name, ctypes.c_uint(0), *before)
        return None if found is None else int(found.value)

    def busy(self) -> bool | None:
        """Return whether something computes on the GPU, before this process does."""
        found = self.ask("nvmlDeviceGetUtilizationRates", (ctypes.c_uint * 2)())
        return None if found is None else int(found[0]) > BUSY_PERCENT

    def under_load(self) -> dict[str, Any]:
        """Return the clock, its maximum, the power and the reasons for lower clocks."""
        mask = self.ask("nvmlDeviceGetCurrentClocksThrottleReasons", ctypes.c_ulonglong(0))
        return {
            "throttle": None if mask is None else int(mask.value),
            "clock_mhz": self._number("nvmlDeviceGetClockInfo", 1),
            "most_mhz": self._number("nvmlDeviceGetMaxClockInfo", 1),
            "power_mw": self._number("nvmlDeviceGetPowerUsage"),
        }

    def link(self) -> tuple[int | None, int | None, int | None, int | None]:
        """Return generation and width of the PCIe link, as they are and as they can be."""
        now = (
            self._number("nvmlDeviceGetCurrPcieLinkGeneration"),
            self._number("nvmlDeviceGetCurrPcieLinkWidth"),
        )
        most = (
            self._number("nvmlDeviceGetMaxPcieLinkGeneration"),
            self._number("nvmlDeviceGetMaxPcieLinkWidth"),
        )
        return now + most
