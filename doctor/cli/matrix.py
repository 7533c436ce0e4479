"""``torch-doctor matrix``: validate the compatibility matrix, or show rows of it with their sources."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doctor.cli.errors import InputError, did_you_mean
from doctor.cli.parser import Parser

if TYPE_CHECKING:
    from doctor.matrix.load import Matrix
    from doctor.probes.host import Host
    from doctor.render.line import Line

_EXAMPLES = """
torch-doctor matrix
torch-doctor matrix show drivers
torch-doctor matrix show torch_builds 2.9.1/cu128
torch-doctor matrix show gpus "RTX 4090" --json
torch-doctor matrix validate ./my-rows"""
_EXITS = """exit codes:
  0  done, and the matrix is sound
  1  the matrix is not sound: every fault is named with its file and line
  2  the input is wrong, or torch-doctor failed"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    about = "Validate the compatibility matrix, or show its rows: what is known, and from where."
    made = Parser("matrix", about, _EXAMPLES, _EXITS)
    made.add_argument("action", nargs="?", choices=("tables", "show", "validate"), default="tables",
                      help="tables lists the tables (default), show prints rows, validate checks YAML")  # fmt: skip
    made.add_argument(
        "what",
        nargs="*",
        metavar="WHAT",
        help="show: a table, then parts of keys; validate: a folder of YAML",
    )
    made.add_argument(
        "--matrix",
        metavar="DIR",
        help="a folder of YAML rows that add to the matrix or replace rows",
    )
    made.add_argument("--json", action="store_true", help="print JSON")
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:  # noqa: ARG001
    """Do what was asked and return the exit code."""
    if arguments.action == "validate":
        return _validate(arguments)
    from doctor.matrix.load import load_matrix

    matrix = load_matrix(_folder("--matrix", arguments.matrix))
    if arguments.action == "tables":
        _tables(matrix, as_json=arguments.json)
    else:
        _show(matrix, arguments)
    return 0


def _validate(arguments: argparse.Namespace) -> int:
    from doctor.cli.output import emit
    from doctor.matrix.compile import validate
    from doctor.matrix.load import SOURCES
    from doctor.render.json import dump
    from doctor.render.pages import tool_head

    if len(arguments.what) > 1:
        raise InputError("validate takes one folder", "name the folders one after the other")
    folder = _folder("validate", arguments.what[0] if arguments.what else arguments.matrix)
    own = SOURCES if SOURCES.is_dir() else None
    overlay = None if folder is None or (own and folder.resolve() == own) else folder
    problems = validate(own, overlay)
    if arguments.json:
        faults = [{"file": p.file, "line": p.line, "message": p.message} for p in problems]
        emit(dump({**tool_head(), "sound": not problems, "problems": faults}))
    else:
        emit("".join(f"{problem}\n" for problem in problems) or "the matrix is sound\n")
    return 1 if problems else 0


def _tables(matrix: Matrix, *, as_json: bool) -> None:
    from doctor.cli.output import emit
    from doctor.matrix.model import TABLES
    from doctor.render.json import dump
    from doctor.render.pages import tool_head

    counts = {name: len(matrix.table(name)) for name in TABLES}
    if as_json:
        head = {"version": matrix.version, "digest": matrix.digest}
        emit(dump({**tool_head(), "matrix": head, "tables": counts}))
        return
    rows = [f"{count:6} {name:18} {_title(name)}\n" for name, count in counts.items()]
    emit("".join(rows) + f"matrix of {matrix.version}, digest {matrix.digest[:12]}\n")


def _title(table: str) -> str:
    from doctor.matrix.model import TABLES

    return (TABLES[table].row.__doc__ or "").partition("\n")[0]


def _show(matrix: Matrix, arguments: argparse.Namespace) -> None:
    from doctor.cli.output import emit, wants_colour, width
    from doctor.matrix.load import row_key
    from doctor.matrix.model import TABLES
    from doctor.render.json import dump
    from doctor.render.pages import tool_head
    from doctor.render.terminal import to_text

    if not arguments.what:
        raise InputError("show needs the name of a table", f"the tables are {', '.join(TABLES)}")
    table, *parts = arguments.what
    if table not in TABLES:
        cure = did_you_mean(table, TABLES) or f"the tables are {', '.join(TABLES)}"
        raise InputError(f"the matrix has no table {table!r}", cure)
    keyed = [(row_key(table, row), row) for row in matrix.table(table)]
    rows = [
        (key, row) for key, row in keyed if all(part.casefold() in key.casefold() for part in parts)
    ]
    if not rows:
        cure = did_you_mean(parts[0], [key.partition("/")[2] for key, _ in keyed])
        raise InputError(f"no row of {table} has {' and '.join(parts)} in its key", cure)
    if arguments.json:
        emit(
            dump(
                {**tool_head(), "table": table, "rows": [_document(key, row) for key, row in rows]}
            )
        )
        return
    lines = [line for key, row in rows for line in _lines(key, row)]
    emit(to_text(lines, width=width(os.environ), colour=wants_colour(os.environ)))


def _cells(row: Any) -> dict[str, Any]:
    """What a row says; cells that say nothing are left out."""
    cells = row._asdict()
    return {
        name: value for name, value in cells.items() if name != "origin" and value not in (None, ())
    }


def _document(key: str, row: Any) -> dict[str, Any]:
    return {"row": key, **_cells(row), "origin": row.origin._asdict()}


def _lines(key: str, row: Any) -> Iterator[Line]:
    from doctor.render.line import Segment, labelled, text

    yield text(Segment(key, "bold"), hang=2)
    for name, value in _cells(row).items():
        shown = " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        yield labelled((Segment(name, "dim"),), shown, indent=2, hang=18)
    origin = row.origin
    doubt = "" if origin.confidence == "high" else f", confidence {origin.confidence}"
    yield labelled(
        (Segment("source", "dim"),),
        f"{origin.source} ({origin.how}, checked {origin.checked}{doubt})",
        indent=2,
        hang=18,
    )


def _folder(flag: str, folder: str | None) -> Path | None:
    if folder is None:
        return None
    path = Path(folder)
    if not path.is_dir():
        raise InputError(
            f"{flag} {folder}: there is no such folder", "name a folder of YAML files", "input"
        )
    return path
