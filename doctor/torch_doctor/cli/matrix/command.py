"""``torch-doctor matrix``: what the compatibility matrix knows, from where, and what follows from it."""

from __future__ import annotations

import argparse
from functools import partial
from importlib import import_module

from torch_doctor.cli.parser import Later, Parser
from torch_doctor.cli.settings.taking import add_config
from torch_doctor.core.startup import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch_doctor.matrix.store import Matrix
    from torch_doctor.probes.host.port import Host

_EXAMPLES = """
torch-doctor matrix
torch-doctor matrix show torch --torch 2.8 --cuda 12.6
torch-doctor matrix show gpus --gpu A100
torch-doctor matrix query --torch 2.8.0 --cuda 12.8 --gpu V100 --driver 535
torch-doctor matrix query --image pytorch/pytorch:2.9.0-cuda11.8-devel
torch-doctor matrix validate ./my-rows
torch-doctor matrix diff ./my-rows
torch-doctor matrix page -o ./site
torch-doctor matrix propose --from host.json
torch-doctor matrix --version"""
_EXITS = """exit codes:
  0  done: the answer is yes, the matrix is sound, there is no difference
  1  the answer is no, the matrix is not sound, there are differences
  2  the answer is not known, the input is wrong, or torch-doctor failed"""
ACTIONS = {
    "tables": "list the tables (the default)",
    "show": "print rows of a table",
    "query": "would this torch run on this GPU under this driver?",
    "validate": "name every fault of a folder of YAML rows",
    "diff": "compare two folders, or the matrix with one",
    "page": "write the explorer: all builds, GPUs and drivers on one HTML page",
    "refresh": "compare the rows with the wheels of the package index (goes online)",
    "propose": "print what a host proved and the matrix lacks, as rows to review",
    "compile": "write the matrix as one file that update takes",
    "update": "take a compiled matrix from a file or over https, or go back to the one before",
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    about = "Ask the compatibility matrix: what is known, from where, and what follows from it."
    made = Parser("matrix", about, _EXAMPLES, _EXITS)
    add_common(made)
    made.add_argument(
        "--version", action="store_true", help="say which matrix is in force, and where it is from"
    )
    nested: Any = made.add_subparsers(dest="action", metavar="ACTION", parser_class=Later)
    for name, words in ACTIONS.items():
        nested.add_parser(name, help=words, child=partial(_parser_of, name))
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:
    """Do what was asked and return the exit code."""
    if arguments.version:
        say_in_force(as_json=arguments.json)
        return 0
    action = arguments.action or "tables"
    if action == "tables":
        _tables(matrix_of(arguments), as_json=arguments.json)
        return 0
    return int(import_module(f"torch_doctor.cli.matrix.{action}").run(arguments, host))


def add_common(made: argparse.ArgumentParser, *, nested: bool = False) -> None:
    """Add what every action knows. Beside the command itself or behind the action: both are understood."""
    unset: dict[str, Any] = {"default": argparse.SUPPRESS} if nested else {}
    made.add_argument(
        "--matrix",
        metavar="DIR",
        help="a folder of YAML rows that add to the matrix or replace rows",
        **unset,
    )
    made.add_argument("--json", action="store_true", help="print JSON", **unset)
    add_config(made, **unset)


def matrix_of(arguments: argparse.Namespace) -> Matrix:
    """Return the matrix, with the rows of ``--matrix`` laid over it."""
    from torch_doctor.cli.matrix.validate import folder
    from torch_doctor.matrix.load import load_matrix

    return load_matrix(folder("--matrix", arguments.matrix))


def _parser_of(action: str) -> argparse.ArgumentParser:
    if action == "tables":
        made: argparse.ArgumentParser = Parser(
            "matrix tables", "List the tables of the matrix.", "torch-doctor matrix", _EXITS
        )
    else:
        made = import_module(f"torch_doctor.cli.matrix.{action}").parser()
    add_common(made, nested=True)
    return made


def _tables(matrix: Matrix, *, as_json: bool) -> None:
    from torch_doctor.cli.output.streams import emit
    from torch_doctor.matrix.rows import TABLES
    from torch_doctor.render.laid_out import dump
    from torch_doctor.render.text.pages import tool_head

    counts = {name: len(matrix.table(name)) for name in TABLES}
    if as_json:
        head = {"version": matrix.version, "digest": matrix.digest}
        emit(dump({**tool_head(), "matrix": head, "tables": counts}))
        return
    rows = [f"{count:6} {name:18} {_title(name)}\n" for name, count in counts.items()]
    emit("".join(rows) + f"{_line(matrix)}\n")


def say_in_force(*, as_json: bool) -> None:
    """Print which matrix answers."""
    from torch_doctor.cli.matrix.in_force import document, words
    from torch_doctor.cli.output.streams import emit
    from torch_doctor.matrix.load import in_force
    from torch_doctor.render.laid_out import dump
    from torch_doctor.render.text.pages import tool_head

    found = in_force()
    emit(dump({**tool_head(), "matrix": document(found)}) if as_json else f"{words(found)}\n")


def _line(matrix: Matrix) -> str:
    from torch_doctor.cli.matrix.in_force import words
    from torch_doctor.matrix.load import in_force

    found = in_force()
    if matrix is found.matrix:
        return words(found)
    return f"matrix of {matrix.version}, digest {matrix.digest[:12]}, with rows of --matrix"


def _title(table: str) -> str:
    from torch_doctor.matrix.rows import TABLES

    return (TABLES[table].row.__doc__ or "").partition("\n")[0]
