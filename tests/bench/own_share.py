"""What of a check's time is its own, on a made-up driver whose calls take as long as a real one's.

``python -m tests.bench.own_share [--runs N] [--only NAME]``: the calls sleep as long as they took on an H200
(docs/proof.md), one after the other because each needs the one before. What a command takes beyond that is its own. Each
run is a process, one command after the other again and again; the least is the one to compare, where others are at work.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import pynvml

from tests.bench.gate import BARE, Machine, gate, machine, timed

# Milliseconds of the driver and of NVIDIA's libraries on an H200 with persistence mode; NVML's is that of its start.
TAKES = {
    "nvmlInit": 20,
    "cuInit": 105,
    "cuDevicePrimaryCtxRetain": 120,
    "cublasDgemm_v2": 65,
}
NAME = "NVML init and one name"
STATIC, DRIVER, GATE = "--static", "--proof driver --json", "require(proof='driver')"
_CHECK = "import sys; from torch_doctor.__main__ import entry; sys.argv[1:] = {}; entry()"
_NVML = "import pynvml; pynvml.nvmlInit(); print(pynvml.nvmlDeviceGetName(pynvml.nvmlDeviceGetHandleByIndex(0)))"
PROGRAMS = {
    BARE: "pass",
    NAME: _NVML,
    STATIC: _CHECK.format(["--static"]),
    DRIVER: _CHECK.format(["--proof", "driver", "--json"]),
    GATE: gate("driver", 1),
}
# What each has to wait for, in seconds.
DRIVERS_OWN = {NAME: 0.020, STATIC: 0.020, DRIVER: 0.290, GATE: 0.290}


def slow_machine(folder: Path) -> Machine:
    """Make a machine with one GPU whose driver takes its time, and a pynvml."""
    there = machine(folder, 1)
    keys = Path(there.environ["FAKE_CUDA"])
    slow = "".join(f"{name}.takes={took}\n" for name, took in TAKES.items())
    keys.write_text(keys.read_text(encoding="utf-8") + slow, encoding="utf-8")
    site = next((folder / "venv").glob("lib/*/site-packages"))
    (site / "pynvml.pth").write_text(f"{Path(pynvml.__file__).parent}\n")
    return there


def main() -> int:
    """Print for each command what it took, and what of it is its own."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=11, help="how often each is run (default: 11)")
    parser.add_argument("--only", choices=PROGRAMS, help="one command alone")
    arguments = parser.parse_args()
    chosen = [arguments.only] if arguments.only else list(PROGRAMS)
    with tempfile.TemporaryDirectory() as folder:
        there = slow_machine(Path(folder))
        runs = [
            {name: timed(there, PROGRAMS[name]) for name in chosen}
            for _ in range(arguments.runs + 1)
        ][1:]
    for name in chosen:
        walls = [run[name].wall for run in runs]
        worked = statistics.median(run[name].processor for run in runs)
        least, own = min(walls), min(walls) - DRIVERS_OWN.get(name, 0.0)
        print(
            f"{statistics.median(walls):7.3f} s  (least {least:.3f}, of it its own {own:.3f}, processor {worked:.3f})  {name}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
