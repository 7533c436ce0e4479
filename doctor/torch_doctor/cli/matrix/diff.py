"""``torch-doctor matrix diff``: which rows two folders of the matrix have otherwise."""

from __future__ import annotations

import argparse
from pathlib import Path

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.parser import Parser
from torch_doctor.core.startup import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch_doctor.matrix.source.diff import RowChange
    from torch_doctor.matrix.store import Matrix
    from torch_doctor.probes.host.port import Host

_EXAMPLES = """
torch-doctor matrix diff ./my-rows
torch-doctor matrix diff old/matrix new/matrix
torch-doctor matrix diff old/matrix new/matrix --json | jq '.changes[].row'"""
_EXITS = """exit codes:
  0  no row differs
  1  rows differ
  2  the input is wrong, or torch-doctor failed"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this action."""
    about = """Name the rows that were added, removed or changed, by key.

With two folders, each is a whole matrix. With one, its rows are laid over the matrix of this program."""
    made = Parser("matrix diff", about, _EXAMPLES, _EXITS)
    made.add_argument(
        "folders",
        nargs="+",
        metavar="DIR",
        help="one folder of rows, or two whole matrices: before and after",
    )
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:  # noqa: ARG001
    """Print what differs and return the exit code."""
    from torch_doctor.cli.output.streams import emit
    from torch_doctor.matrix.source.diff import changes

    before, after = _sides(arguments)
    found = list(changes(before, after))
    if arguments.json:
        _say_json(before, after, found)
    else:
        emit("".join(_words(change) for change in found) or "no row differs\n")
    return 1 if found else 0


def _sides(arguments: argparse.Namespace) -> tuple[Matrix, Matrix]:
    from torch_doctor.cli.matrix.validate import folder
    from torch_doctor.matrix.load import load_matrix

    named = [folder("diff", name) for name in arguments.folders]
    if len(named) > 2:
        raise InputError("diff compares two folders", "name the one before and the one after")
    if len(named) == 1:
        return load_matrix(), load_matrix(named[0])
    one, other = (path for path in named if path)
    return _whole(one), _whole(other)


def _whole(folder: Path) -> Matrix:
    """Return the matrix that lies in a folder, be it YAML or compiled tables."""
    import json

    from torch_doctor.matrix.source.compile import compile_matrix
    from torch_doctor.matrix.store import Matrix

    if (folder / "index.json").is_file():
        try:
            index = json.loads((folder / "index.json").read_bytes())
            return Matrix(index, lambda table: json.loads((folder / f"{table}.json").read_bytes()))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"diff {folder}: {error}", "name a folder of YAML files", "input"
            ) from error
    compiled = compile_matrix(folder)
    return Matrix(compiled["index"], compiled["tables"].__getitem__)


def _words(change: RowChange) -> str:
    from torch_doctor.core.text import one_line
    from torch_doctor.matrix.tables import text_of

    sign = {"added": "+", "removed": "-", "changed": "~"}[change.kind]
    fields = (
        f"    {name}: {text_of(before) or 'nothing'} -> {text_of(after) or 'nothing'}"
        for name, before, after in change.fields
    )
    return "".join(
        f"{one_line(line, 2000) if not line.startswith(' ') else '    ' + one_line(line, 2000)}\n"
        for line in (f"{sign} {change.row}", *fields)
    )


def _say_json(before: Matrix, after: Matrix, found: list[RowChange]) -> None:
    from torch_doctor.cli.output.streams import emit
    from torch_doctor.render.laid_out import dump
    from torch_doctor.render.text.pages import tool_head

    heads = {
        name: {"version": m.version, "digest": m.digest}
        for name, m in (("before", before), ("after", after))
    }
    emit(dump({**tool_head(), **heads, "changes": [_document(change) for change in found]}))


def _document(change: RowChange) -> dict[str, Any]:
    fields = {name: {"before": before, "after": after} for name, before, after in change.fields}
    return {"kind": change.kind, "row": change.row, "fields": fields}
