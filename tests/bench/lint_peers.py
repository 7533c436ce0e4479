"""Lint beside env-doctor, which reads Dockerfiles and compose files: what each finds in the same cases, and what it makes up.

    python -m tests.bench.lint_peers                 the cases of our own problems
    python -m tests.bench.lint_peers --cases DIR     folders of files, each with an expect.yaml
    python -m tests.bench.lint_peers --venv DIR      use (or make) the environment in DIR

It goes online for env-doctor. That tool names no problems: any error or warning of it within three lines of what is
wrong counts as found, and ours are counted by the same measure, beside those whose problem is the right one. An error
where nothing is wrong is a false one. Only files that env-doctor has a command for are counted.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from torch_doctor.linter.find import kind_of

from tests.lint.test_problems import cases as own_cases
from tests.rules.cases import read_yaml

COMMANDS = {"dockerfile": "dockerfile", "compose": "docker-compose"}
NEAR = 3
_LEVELS = {"ERRORS": "error", "WARNINGS": "warning"}


class Told(NamedTuple):
    """One finding: where, how bad, and which problem, where the tool names one; *also* are places that are as right."""

    file: str
    line: int
    severity: str
    problem: str = ""
    also: tuple[tuple[str, int], ...] = ()


class Score:
    """What a tool found of what is wrong, what it made up, and how long it took."""

    def __init__(self) -> None:
        self.wrong = self.found = self.named = self.false = self.noisy = self.good = 0
        self.seconds = 0.0

    def count(self, expected: list[Told], answers: list[Told]) -> None:
        """Count one case."""
        for one in expected:
            near = [each for each in answers if _near(one, each)]
            self.wrong += 1
            self.found += bool(near)
            self.named += any(each.problem == one.problem for each in near)
        false = [
            one
            for one in answers
            if one.severity == "error" and not any(_near(each, one) for each in expected)
        ]
        self.false += len(false)
        if not expected:
            self.good += 1
            self.noisy += bool(false)

    def row(self, name: str, *, names: bool) -> str:
        """Return the figures as a row of a table."""
        named = f"{self.named}" if names else "names none"
        return (
            f"| {name} | {self.found} of {self.wrong} | {named} | {self.false} | "
            f"{self.noisy} of {self.good} | {self.seconds:.0f} s |"
        )


def _near(one: Told, other: Told) -> bool:
    """Whether *other* stands near a place of *one*, which is what is wrong."""
    places = ((one.file, one.line), *one.also)
    return any(file == other.file and abs(line - other.line) <= NEAR for file, line in places)


def folders(place: Path | None, scratch: Path) -> Iterator[tuple[Path, list[Told]]]:
    """Yield folders of files with what is wrong in those that are counted; own cases are laid out under *scratch*."""
    if place is not None:
        for meta in sorted(place.glob("*/expect.yaml")):
            yield meta.parent, list(_counted(read_yaml(meta).get("expect") or []))
        return
    for number, (_, case) in enumerate(own_cases()):
        if {"driver", "gpu", "expect-build"} & case.keys():
            continue
        folder = scratch / f"{number:03d}"
        for name, text in case["files"].items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        expected = []
        for words in case["expect"]:
            problem, severity, spot = words.split()
            file, _, line = spot.rpartition(":")
            expected.append(
                {"what": problem, "severity": severity, "file": file, "line": int(line)}
            )
        yield folder, list(_counted(expected))


def _counted(expected: list[dict[str, Any]]) -> Iterator[Told]:
    for one in expected:
        if one["severity"] != "note" and not one.get("maybe") and kind_of(one["file"]) in COMMANDS:
            also = tuple(_place(text, one["file"]) for text in one.get("alt") or ())
            yield Told(one["file"], one["line"], one["severity"], one["what"], also)


def _place(text: str | int, file: str) -> tuple[str, int]:
    named, _, line = str(text).rpartition(":")
    return named or file, int(line)


def ours(folder: Path) -> Iterator[Told]:
    """Yield what lint finds in the files that are counted."""
    argv = (sys.executable, "-m", "torch_doctor", "lint", "--json", str(folder))
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=folder)
    for one in json.loads(done.stdout)["findings"]:
        if one["severity"] != "note" and kind_of(one["file"]) in COMMANDS:
            yield Told(one["file"], one["line"], one["severity"], one["problem"])


def theirs(folder: Path, program: Path) -> Iterator[Told]:
    """Yield what env-doctor finds, file by file."""
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = file.relative_to(folder).as_posix()
        command = COMMANDS.get(kind_of(name))
        if command is None:
            continue
        argv = (str(program), command, str(file))
        done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=folder)
        severity = ""
        for line in done.stdout.splitlines():
            if match := re.search(r"\b([A-Z]+) \(\d+\):", line):
                severity = _LEVELS.get(match[1], "")
            elif severity and (match := re.match(r"\s*Line (\d+)\b", line)):
                yield Told(name, int(match[1]), severity)


def _installed(place: Path) -> tuple[Path, str]:
    python = place / "bin" / "python"
    if not python.exists():
        venv.create(place, with_pip=True)
        argv = (str(python), "-m", "pip", "install", "--quiet", "env-doctor")
        subprocess.run(argv, check=True)
    words = "import importlib.metadata as m; print(m.version('env-doctor'))"
    done = subprocess.run((str(python), "-c", words), capture_output=True, text=True, check=True)
    return place / "bin" / "env-doctor", done.stdout.strip()


def main() -> None:
    """Ask both, and print a table."""
    given = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    given.add_argument("--cases", type=Path)
    given.add_argument("--venv", type=Path)
    asked = given.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        program, version = _installed(asked.venv or Path(scratch) / "venv")
        own, other = Score(), Score()
        for folder, expected in folders(asked.cases, Path(scratch)):
            for score, tell in ((own, ours), (other, lambda one: theirs(one, program))):
                started = time.perf_counter()
                answers = list(tell(folder))
                score.seconds += time.perf_counter() - started
                score.count(expected, answers)
    print("| tool | found | by the right name | false errors | good cases with one | time |")
    print("|---|---|---|---|---|---|")
    print(own.row("torch-doctor lint", names=True))
    print(other.row(f"env-doctor {version}", names=False))


if __name__ == "__main__":
    main()
