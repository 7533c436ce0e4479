"""The page of problems that lint finds, from their modules and the cases beside them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from torch_doctor.linter.problems import OF_READERS, problem_modules, problem_names

_WORDS = {"error": "error", "warning": "warning", "note": "note"}


def pages() -> Iterator[tuple[str, str]]:
    """Yield the one page."""
    yield "problems.md", "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "# Problems that lint finds"
    yield ""
    yield "[lint.md](lint.md) says how files are read and judged. **Error**: it fails as it is written. **Warning**: it"
    yield "does not do what it says, or will bite. **Note**: worth knowing. The names are a closed list."
    modules = {name: module for module in problem_modules() for name in module.PROBLEMS}
    for name, words in problem_names().items():
        yield from ("", f"## {name}", "", words)
        if name in OF_READERS:
            continue
        levels = sorted(
            {case.split()[1] for case in _findings(modules[name]) if case.split()[0] == name}
        )
        yield ""
        yield f"Severity: {', '.join(levels)}."
        yield from _example(modules[name], name)


def _cases(module: ModuleType) -> list[dict[str, Any]]:
    path = Path(str(module.__file__)).with_suffix(".yaml")
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def _findings(module: ModuleType) -> Iterator[str]:
    for case in _cases(module):
        yield from case["expect"]


def _example(module: ModuleType, name: str) -> Iterator[str]:
    """The first file in which a case finds the problem."""
    for case in _cases(module):
        for one in case["expect"]:
            problem, _, place = one.split(maxsplit=2)
            file, _, line = place.rpartition(":")
            if problem != name:
                continue
            options = [f"--driver {case['driver']}"] if "driver" in case else []
            options += [f"--gpu {gpu}" for gpu in case.get("gpu", ())]
            options += [f"--expect {build}" for build in case.get("expect-build", ())]
            given = f", with `{' '.join(options)}`" if options else ""
            yield from ("", f"`{file}`, line {line}{given}:", "", "```text")
            yield from case["files"][file].rstrip("\n").split("\n")
            yield "```"
            return
