"""How much of the rooms that judge their own tests run, lines and branches: a line for each room, and a floor.

``python -m tests.bench.branches [-n 2]`` runs these tests with coverage and prints; words behind it go to pytest. It fails
where a room is below its floor. That the tests pass is shown by the run of all of them: counted, each takes more than twice
as long, so that one with a deadline may fail here, which is printed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import torch_doctor

# Per cent of lines and branches together. A floor is raised with what is gained, and never lowered.
FLOORS = {
    "core": 95.0,
    "engine": 98.0,
    "fixes": 96.0,
    "matrix": 94.5,
    "rules": 97.0,
    "recommendation": 95.0,
}
# Of the commands that show these rooms, and of what must not get through them.
SHOWING = (
    "image",
    "lock",
    "matrix",
    "matrix_propose",
    "matrix_refresh",
    "matrix_update",
    "recommend",
)
OWN = (
    *("tests/rules", "tests/golden", "tests/property/test_planted_secrets.py"),
    *(f"tests/unit/{room}" for room in FLOORS if room != "rules"),
    *(f"tests/cli/test_{command}.py" for command in SHOWING),
)
# What runs a copy of the tree measures nothing of this one.
APART = ("tests/rules/test_gone.py", "tests/rules/test_new_rule.py")
PACKAGE = Path(torch_doctor.__file__).resolve().parent
_A_TEST_FAILED = 1


def main() -> int:
    """Run the tests, print, and return the exit code."""
    words = [f"--ignore={path}" for path in APART] + [*sys.argv[1:], *OWN]
    for command in (["erase"], ["run", "-m", "pytest", "-q", *words]):
        done = subprocess.run([sys.executable, "-m", "coverage", *command], check=False)
        if done.returncode not in (0, _A_TEST_FAILED):
            return done.returncode
    below = []
    for room, found in _measured().items():
        lines, branches = found["covered_lines"], found["covered_branches"]
        share = 100 * (lines + branches) / (found["num_statements"] + found["num_branches"])
        below += [room] if share < FLOORS[room] else []
        print(
            f"{room:16}{share:6.1f} %, floor {FLOORS[room]:.1f} %: lines {lines} of "
            f"{found['num_statements']}, branches {branches} of {found['num_branches']}"
        )
    if below:
        print(f"below its floor: {', '.join(below)}")
    return 1 if below else 0


def _measured() -> dict[str, Counter[str]]:
    """Return the figures of each room, from what the processes of one run left behind."""
    import coverage

    data = coverage.Coverage()
    data.combine()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        # Some tests make a program of their own, which is gone by now.
        data.json_report(outfile=str(report), ignore_errors=True)
        files = json.loads(report.read_text(encoding="utf-8"))["files"]
    of_rooms: dict[str, Counter[str]] = {room: Counter() for room in FLOORS}
    for name, file in files.items():
        if not Path(name).resolve().is_relative_to(PACKAGE):
            continue  # a copy that a test made of a part of the program
        parts = Path(name).parts
        room = parts[parts.index("torch_doctor") + 1]
        if room in of_rooms:
            of_rooms[room].update({k: v for k, v in file["summary"].items() if isinstance(v, int)})
    return of_rooms


if __name__ == "__main__":
    sys.exit(main())
