"""What ``torch_doctor.require`` costs on a machine with a GPU that is made up: ``python -m tests.bench.gate [--runs N]``.

The driver and the torch are those of tests/faults, so that the figure is what the gate adds to the driver's own start.
Each run is a process: the interpreter, the import and the gate, all in one interleaved run beside a bare interpreter.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import packaging

from tests.faults.driver import lay_out
from tests.faults.proof import SITE, Environment

ROOT = Path(__file__).resolve().parents[2]
RELEASE = "580.95.05"
KEYS = f"driver={RELEASE}\ncuda=13000\ngpu.name=NVIDIA H100 80GB HBM3\ngpu.cc=9.0\n"
# What is allowed, in seconds: files and NVML alone, and with a kernel that the driver ran.
LIMITS = {"static": 0.2, "driver": 0.5}
BARE = "bare interpreter"


class Machine(NamedTuple):
    """An interpreter with a torch, and the variables with which it finds a driver."""

    python: str
    environ: dict[str, str]

    def run(self, code: str) -> str:
        """Run code as a program of its own, and return what it says."""
        done = subprocess.run(
            [self.python, "-c", code],
            env=self.environ,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        return done.stdout


def machine(folder: Path, gpus: int) -> Machine:
    """Make a driver of *gpus* GPUs, and an environment with a torch and torch-doctor, under *folder*."""
    lay_out(folder / "driver", RELEASE)
    keys = folder / "driver" / "keys"
    keys.write_text(f"{KEYS}count={gpus}\n", encoding="utf-8")
    environment = Environment(folder / "venv").make()
    installed = (ROOT / "doctor", Path(packaging.__file__).parents[1])
    site = environment.folder / SITE
    (site / "installed.pth").write_text("".join(f"{path}\n" for path in installed))
    environ = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environ |= {
        "LD_LIBRARY_PATH": str(folder / "driver"),
        "FAKE_NVML": str(keys),
        "FAKE_CUDA": str(keys),
        "TORCH_DOCTOR_TRUST_ENVIRONMENT": "1",
    }
    return Machine(environment.python, environ)


def gate(proof: str, gpus: int) -> str:
    """Return a program that goes through the gate, and says how far it went and on how many GPUs a kernel ran."""
    return (
        "import json, torch_doctor\n"
        f"report = torch_doctor.require(gpus={gpus}, proof={proof!r})\n"
        "ran = report.facts.value('driver_kernels', ())\n"
        "print(json.dumps([report.to_json()['proof'], sum(one.ok for one in ran)]))"
    )


class Taken(NamedTuple):
    """Seconds of the wall, and of the processor for the program with its children."""

    wall: float
    processor: float


def timed(there: Machine, code: str) -> Taken:
    """Run code as a program once."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    there.run(code)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Taken(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measured(there: Machine, runs: int, gpus: int) -> dict[str, list[Taken]]:
    """Return what each program took, in turn, again and again; raise where a gate did not do what it was asked."""
    programs = {BARE: "pass"} | {proof: gate(proof, gpus) for proof in LIMITS}
    taken: dict[str, list[Taken]] = {name: [] for name in programs}
    for proof in LIMITS:  # the first run fills the caches
        went = json.loads(there.run(programs[proof]))
        if went != [proof, gpus if proof == "driver" else 0]:
            raise RuntimeError(f"the gate of {proof} went as far as {went}")
    for _ in range(runs):
        for name, code in programs.items():
            taken[name].append(timed(there, code))
    return taken


def main() -> int:
    """Print medians and the least; 1 where the quickest of the runs takes longer than is allowed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=11, help="how often each is run (default: 11)")
    parser.add_argument("--gpus", type=int, default=1, help="GPUs of the machine (default: 1)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        there = machine(Path(folder), arguments.gpus)
        found = measured(there, arguments.runs, arguments.gpus)
    bare = statistics.median(one.wall for one in found[BARE])
    over = 0
    for name, runs in found.items():
        wall, least = statistics.median(one.wall for one in runs), min(one.wall for one in runs)
        worked = statistics.median(one.processor for one in runs)
        allowed = f", {LIMITS[name]} s allowed" if name in LIMITS else ""
        print(
            f"{wall:7.3f} s  (least {least:.3f}, processor {worked:.3f})  {wall / bare:5.1f} x bare  {name}{allowed}"
        )
        over += least > LIMITS.get(name, least)
    return int(over > 0)


if __name__ == "__main__":
    sys.exit(main())
