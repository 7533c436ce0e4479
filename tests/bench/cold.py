"""What a check reads from the disk when nothing of it is in the page cache.

``python -m tests.bench.cold [--runs 3]``, as root on Linux: the page cache is dropped before each run. Printed are the
MiB that the command and its children read (getrusage), the MiB that all disks read meanwhile, and the seconds; beside
them those of a bare interpreter and of one that imports torch.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

_BLOCK, _MIB = 512, 1 << 20
COMMANDS = {
    "python -c pass": (sys.executable, "-c", "pass"),
    "--static --json": (sys.executable, "-m", "torch_doctor", "--static", "--json"),
    "--proof driver --json": (
        *(sys.executable, "-m", "torch_doctor"),
        *("--proof", "driver", "--json"),
    ),
    "import torch": (sys.executable, "-c", "import torch"),
}


class Cold(NamedTuple):
    """One run: MiB that its processes read, MiB that the disks read meanwhile, seconds, exit code."""

    own_mib: float
    disks_mib: float
    seconds: float
    code: int


def cold(words: tuple[str, ...]) -> Cold:
    """Drop the page cache, run a command and say what was read. Raises PermissionError without root."""
    os.sync()
    Path("/proc/sys/vm/drop_caches").write_text("3")
    before, begun = _read_by_disks(), time.monotonic()
    quiet = subprocess.DEVNULL
    child = subprocess.Popen(words, stdin=quiet, stdout=quiet, stderr=quiet)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - begun
    disks = (_read_by_disks() - before) * _BLOCK / _MIB
    return Cold(usage.ru_inblock * _BLOCK / _MIB, disks, seconds, child.returncode)


def _read_by_disks() -> int:
    """Return the sectors that all whole disks have read since the system started."""
    return sum(int(stat.read_text().split()[2]) for stat in Path("/sys/block").glob("*/stat"))


def main() -> int:
    """Measure and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    for name, words in COMMANDS.items():
        times = [cold(words) for _ in range(runs)]
        own, disks, seconds = (
            statistics.median(float(one[place]) for one in times) for place in range(3)
        )
        codes = sorted({one.code for one in times})
        print(
            f"{own:8.1f} MiB by its processes  {disks:8.1f} MiB by all disks  {seconds:6.2f} s  exit {codes}  {name}",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
