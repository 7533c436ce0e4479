"""Where examples stand: the helps of all commands and actions, and the fenced blocks of the pages."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from torch_doctor.cli.overview import COMMANDS, overview

ROOT = Path(__file__).resolve().parents[2]
# docs/cli.md has the helps, and the answers of docs/questions.md are made by running what stands there.
_MADE = ("cli.md", "questions.md", "CHANGELOG.md")
_BLOCK = re.compile(r"^```(?:console|bash|sh|text)?\n(.*?)^```", re.DOTALL | re.MULTILINE)
_REMARK = re.compile(r"\s{2,}(?:[^-'\"\s].*)$|\s+#\s.*$")
_SIGNS = {"|", "||", "&&", ">", ">>", "<", ">&", "2>&1", ";"}


class Step(NamedTuple):
    """One call of the program in an example: its words, and whether another program's output goes into it."""

    words: tuple[str, ...]
    piped: bool = False


def helps() -> Iterator[str]:
    """Yield every example of every help, as it stands there."""
    for line in overview().partition("examples:")[2].partition("exit codes:")[0].splitlines():
        if line.strip():
            yield line.strip()
    for parser in _parsers():
        for line in (parser.epilog or "").partition("exit codes:")[0].splitlines()[1:]:
            if line.strip():
                yield line.strip()


def _parsers() -> Iterator[argparse.ArgumentParser]:
    for command in COMMANDS.values():
        made: argparse.ArgumentParser = import_module(f"torch_doctor.cli.{command.module}").parser()
        yield made
        for action in made._actions:
            if isinstance(action, argparse._SubParsersAction):
                yield from action.choices.values()


def pages() -> Iterator[tuple[str, str]]:
    """Yield every example of a page: the page, and the line."""
    written = (
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "docs" / "zh").glob("*.md"),
    )
    for page in sorted(written):
        if page.name in _MADE:
            continue
        for block in _BLOCK.findall(page.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                if _is_example(line.strip().removeprefix("$ ")):
                    yield page.name, line.strip().removeprefix("$ ")


def _is_example(line: str) -> bool:
    """Whether a line of a block is typed: what the program prints begins with its name and its version."""
    return bool(re.match(r"(?:[\w.-]+ .*\| )?torch-doctor(?!\s\d)(?:\s|$)", line))


def steps(line: str) -> list[Step]:
    """Return the calls of the program in a line; the words of other programs are left out."""
    plain = _REMARK.sub("", line)
    lexer = shlex.shlex(plain, posix=True, punctuation_chars="|&<>;")
    lexer.whitespace_split = True
    found: list[Step] = []
    part: list[str] = []
    before = ""
    for word in (*lexer, ";"):
        if word not in _SIGNS:
            part.append(word)
            continue
        if before in ("", "|", "&&", ";") and "torch-doctor" in part[:3]:
            words = part[part.index("torch-doctor") + 1 :]
            found.append(Step(tuple(words), piped=before == "|" or "-" in words))
        before, part = word, []
    return found
