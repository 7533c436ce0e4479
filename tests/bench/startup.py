"""What each command and the gate of a training script cost beside the bare interpreter, all in one interleaved run.

With ``--instructions`` they are counted by valgrind, of the command's own process: a figure that other work on the
machine does not move. Seconds are moved by it, and include the wait for the double that runs the static probes.
"""

from __future__ import annotations

import argparse
import os
import re
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
    "recommend --gpu A100 --with vllm --json": (
        *("recommend", "--gpu", "A100", "--with", "vllm", "--json"),
    ),
    "recommend, no build": ("recommend", "--gpu", "H100", "--driver", "470", "--json"),
    "check --static": ("check", "--static", "-q"),
    "check --static --json": ("check", "--static", "--json"),
    "matrix page": ("matrix", "page", "-o", "PAGE"),
}
# It takes seconds, so that one time tells enough; its instructions are not counted.
LONG = "matrix page"
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


def instructions(argv: tuple[str, ...], folder: str) -> float:
    """Run once under valgrind and return the millions of instructions of the first process."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    log = f"{folder}/log"
    count = ("valgrind", "--tool=callgrind", f"--log-file={log}.%p")
    subprocess.run(
        (*count, "--callgrind-out-file=/dev/null", *argv),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        env=env,
    )
    first = min(Path(folder).glob("log.*"), key=lambda path: int(path.suffix[1:]))
    counted = re.findall(r"Collected : (\d+)", first.read_text())
    for path in Path(folder).glob("log.*"):
        path.unlink()
    return int(counted[-1]) / 1e6


def measured(runs: int, folder: str, *, counted: bool) -> dict[str, float]:
    """Return what each command takes: the median of its milliseconds, or millions of instructions."""
    doctor = (sys.executable, "-m", "torch_doctor")
    facts = str(Path(folder) / "facts.json")
    places = {"FACTS": facts, "PAGE": str(Path(folder) / "page")}
    subprocess.run(
        (*doctor, "collect", "--static", "-o", facts), stderr=subprocess.DEVNULL, check=True
    )
    argvs = {"python -c pass": BARE} | {
        name: (*doctor, *(places.get(word, word) for word in words))
        for name, words in COMMANDS.items()
    }
    argvs |= {name: (sys.executable, "-c", gate) for name, gate in GATES.items()}
    for argv in (argv for name, argv in argvs.items() if name != LONG):
        seconds(argv)  # the first run fills the caches
    if counted:
        return {name: instructions(argv, folder) for name, argv in argvs.items() if name != LONG}
    times: dict[str, list[float]] = {name: [] for name in argvs}
    for number in range(runs):
        for name, argv in argvs.items():
            if number and name == LONG:
                continue
            times[name].append(seconds(argv) * 1000)
    return {name: statistics.median(taken) for name, taken in times.items()}


def main() -> None:
    """Measure and print one line for each command, and how many bare interpreters that is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=11, help="how often each is run (default: 11)")
    parser.add_argument("--instructions", action="store_true", help="count them with valgrind")
    arguments = parser.parse_args()
    unit = "M" if arguments.instructions else "ms"
    with tempfile.TemporaryDirectory() as folder:
        taken = measured(arguments.runs, folder, counted=arguments.instructions)
    bare = taken["python -c pass"]
    for name, value in taken.items():
        print(f"{value:8.1f} {unit:2}  {value / bare:6.2f} x bare  {name}")


if __name__ == "__main__":
    main()
