"""``torch-doctor matrix validate``: every fault of the matrix and of a folder of rows, with file and line."""

from __future__ import annotations

import argparse
from pathlib import Path

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.parser import Parser
from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from torch_doctor.probes.host.port import Host

_EXAMPLES = """
torch-doctor matrix validate
torch-doctor matrix validate ./my-rows
torch-doctor matrix validate ./my-rows --json | jq .problems"""
_EXITS = """exit codes:
  0  the matrix is sound
  1  it is not: every fault is named with its file and line
  2  the input is wrong, or torch-doctor failed"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this action."""
    about = "Name every fault of the matrix, with the rows of DIR laid over it."
    made = Parser("matrix validate", about, _EXAMPLES, _EXITS)
    made.add_argument(
        "folder",
        nargs="?",
        metavar="DIR",
        help="a folder of YAML rows (default: the matrix itself)",
    )
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:  # noqa: ARG001
    """Print what is wrong and return the exit code."""
    from torch_doctor.cli.output.streams import emit
    from torch_doctor.matrix.paths import SOURCES
    from torch_doctor.matrix.source.compile import validate
    from torch_doctor.render.laid_out import dump
    from torch_doctor.render.text.pages import tool_head

    named = folder("validate", arguments.matrix if arguments.folder is None else arguments.folder)
    own = Path(SOURCES) if Path(SOURCES).is_dir() else None
    overlay = None if named is None or (own and named.resolve() == own) else named
    problems = validate(own, overlay)
    if arguments.json:
        faults = [{"file": p.file, "line": p.line, "message": p.message} for p in problems]
        emit(dump({**tool_head(), "sound": not problems, "problems": faults}))
    else:
        emit("".join(f"{problem}\n" for problem in problems) or "the matrix is sound\n")
    return 1 if problems else 0


def folder(flag: str, name: str | None) -> Path | None:
    """Return a folder that the user named; raise InputError where there is none."""
    if name is None:
        return None
    path = Path(name)
    if not name or not path.is_dir():
        raise InputError(
            f"{flag} {name}: there is no such folder", "name a folder of YAML files", "input"
        )
    return path
