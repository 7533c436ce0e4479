"""What each command and the gate of a training script cost beside the bare interpreter, all in one interleaved run."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from torch_doctor.rules import load_rules

A_CODE = load_rules()[0].code
COMMANDS: dict[str, tuple[str, ...]] = {
    "--version": ("--version",),
    "--help": ("--help",),
    f"explain {A_CODE}": ("explain", A_CODE),
    "rules": ("rules",),
    "check --facts FILE --json": ("check", "--facts", "FACTS", "--json"),
    "recommend --gpu A100 --json": ("recommend", "--gpu", "A100", "--json"),
    "recommend, no build": ("recommend", "--gpu", "H100", "--driver", "470", "--json"),
    "check --static": ("check", "--static", "-q"),
    "check --static --json": ("check", "--static", "--json"),
}
# The gate at the top of a training script, with the interpreter that it is part of.
REQUIRE = """import torch_doctor
try:
    torch_doctor.require({})
except torch_doctor.RequirementError:
    pass"""
GATES = {
    "require()": REQUIRE.format(""),
    "require(proof='driver')": REQUIRE.format("proof='driver'"),
}
BARE = (sys.executable, "-c", "pass")


def seconds(argv: tuple[str, ...]) -> float:
    """Run once and return the wall time."""
    # As for users: compiled modules are kept.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, env=env)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print one line for each command: median milliseconds, and how many bare interpreters that is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=11, help="how often each is run (default: 11)")
    runs = parser.parse_args().runs
    doctor = (sys.executable, "-m", "torch_doctor")
    with tempfile.TemporaryDirectory() as folder:
        facts = str(Path(folder) / "facts.json")
        subprocess.run(
            (*doctor, "collect", "--static", "-o", facts), stderr=subprocess.DEVNULL, check=True
        )
        measured = {
            name: (*doctor, *(facts if w == "FACTS" else w for w in words))
            for name, words in COMMANDS.items()
        }
        measured |= {name: (sys.executable, "-c", gate) for name, gate in GATES.items()}
        times: dict[str, list[float]] = {name: [] for name in ("python -c pass", *measured)}
        for name, argv in {"python -c pass": BARE, **measured}.items():
            seconds(argv)  # the first run fills the caches
            times[name].clear()
        for _ in range(runs):
            times["python -c pass"].append(seconds(BARE))
            for name, argv in measured.items():
                times[name].append(seconds(argv))
    bare = statistics.median(times["python -c pass"])
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"{median * 1000:8.1f} ms  {median / bare:6.1f} x bare  {name}")


if __name__ == "__main__":
    main()
