"""``torch-doctor matrix show``: rows of a table, as a table, JSON or CSV, with their sources."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator

from torch_doctor.cli.input.errors import InputError, did_you_mean
from torch_doctor.cli.parser import Parser, add_screen
from torch_doctor.core.startup import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch_doctor.matrix.rows import Row
    from torch_doctor.matrix.store import Matrix
    from torch_doctor.matrix.tables import Shape
    from torch_doctor.probes.host.port import Host
    from torch_doctor.render.text.line import Line

_EXAMPLES = """
torch-doctor matrix show torch --torch 2.8 --cuda 12.6 --platform linux-aarch64
torch-doctor matrix show torch --torch 1.13 --torch 2.0 --torch 2.9 --csv
torch-doctor matrix show torch --gpu V100 --driver 535
torch-doctor matrix show gpus --capability 8.6 -v
torch-doctor matrix show images --family pytorch --torch 2.8
torch-doctor matrix show drivers --json"""
_EXITS = """exit codes:
  0  done
  1  no row fits
  2  the input is wrong, or torch-doctor failed"""
_FILTERS = {
    "torch": ("VERSION", "torch 2.8, 2.8.0 or '>=2.6'"),
    "cuda": ("VERSION", "the CUDA that a build, an image or a driver is for: 12.6 or cu126"),
    "variant": ("TAG", "cu126, cpu …"),
    "platform": ("NAME", "linux-x86_64, linux-aarch64 or windows-x86_64"),
    "python": ("VERSION", "builds with a wheel for it: 3.12"),
    "gpu": ("NAME", "this GPU; of builds, those with code for it"),
    "capability": ("X.Y", "this compute capability; of builds, those with code for it"),
    "driver": ("RELEASE", "this branch; of builds, those that it serves"),
    "family": ("NAME", "a family of images, a package, an architecture"),
    "kind": ("NAME", "a kind of image (devel), GPU (data_center) or branch (LTSB)"),
    "status": ("NAME", "published, announced, confirmed, expected, absent …"),
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of this action."""
    about = "Print rows: torch, cuda, drivers, gpus, images, companions and every other table that matrix lists."
    made = Parser("matrix show", about, _EXAMPLES, _EXITS)
    made.add_argument("table", nargs="?", help="torch, cuda, drivers, gpus, images, companions …")
    made.add_argument(
        "words", nargs="*", metavar="PART", help="what must stand in the key of a row: 2.9.1/cu128"
    )
    group = made.add_argument_group("filters (repeat one for alternatives)")
    for name, (metavar, words) in _FILTERS.items():
        group.add_argument(f"--{name}", metavar=metavar, action="append", default=[], help=words)
    group.add_argument(
        "--reference", metavar="IMAGE", help="one image: whether it exists, and the nearest that do"
    )
    out = made.add_argument_group("output")
    out.add_argument("--csv", action="store_true", help="print CSV, with the source of each row")
    out.add_argument(
        "-v", "--verbose", action="store_true", help="print the sources below the table"
    )
    add_screen(made)
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:  # noqa: ARG001
    """Print the rows and return the exit code."""
    from torch_doctor.cli.matrix.command import matrix_of

    if arguments.csv and arguments.json:
        raise InputError("--csv and --json: one form at a time", "leave one of them out")
    if arguments.reference:
        from torch_doctor.cli.matrix.query import run_image

        return run_image(arguments, arguments.reference)
    matrix = matrix_of(arguments)
    shape = _shape(arguments, matrix)
    if arguments.json:
        _say_json(shape, matrix)
    elif arguments.csv:
        _say_csv(shape, matrix)
    else:
        _say(shape, arguments, matrix)
    return 0 if shape.lines else 1


def _shape(arguments: argparse.Namespace, matrix: Matrix) -> Shape:
    from torch_doctor.matrix.filters import FilterError, Filters
    from torch_doctor.matrix.rows import TABLES
    from torch_doctor.matrix.tables import GROUPS, shape

    known = dict.fromkeys((*GROUPS, *TABLES))
    if not arguments.table:
        raise InputError("show needs the name of a table", f"the tables are {', '.join(known)}")
    asked = {name: tuple(getattr(arguments, name)) for name in _FILTERS}
    try:
        found = shape(arguments.table, Filters(words=tuple(arguments.words), **asked), matrix)
        if not found.lines and arguments.words:
            raise _no_such_key(arguments, found, matrix)
    except FilterError as error:
        raise InputError(str(error), error.cure) from error
    except KeyError:
        cure = did_you_mean(arguments.table, known) or f"the tables are {', '.join(known)}"
        raise InputError(f"the matrix has no table {arguments.table!r}", cure) from None
    return found


def _no_such_key(arguments: argparse.Namespace, shape: Shape, matrix: Matrix) -> InputError:
    from torch_doctor.matrix.store import row_key

    keys = (row_key(shape.table, row).partition("/")[2] for row in matrix.table(shape.table))
    parts = " and ".join(arguments.words)
    cure = (
        did_you_mean(arguments.words[0], keys)
        or f"torch-doctor matrix show {arguments.table} lists all"
    )
    return InputError(f"no row of {shape.table} has {parts} in its key", cure)


def _say(shape: Shape, arguments: argparse.Namespace, matrix: Matrix) -> None:
    from torch_doctor.cli.output.streams import emit, notice, wants_colour, width
    from torch_doctor.render.text.line import text
    from torch_doctor.render.text.screen import to_text
    from torch_doctor.render.text.table import table

    columns = width(os.environ)
    if not shape.lines:
        notice(f"no row of {shape.table} fits{_there_is(arguments, matrix)}")
        return
    if len(shape.lines) == 1 and len(shape.lines[0].rows) == 1:
        record = _record(shape.table, shape.lines[0].rows[0], matrix)
        emit(to_text(record, width=columns, colour=wants_colour(os.environ)))
        return
    headings, rows = list(shape.headings), [list(line.cells) for line in shape.lines]
    sources = _numbered(shape) if arguments.verbose else {}
    if sources:
        headings.append("source")
        for row, line in zip(rows, shape.lines, strict=True):
            row.append(" ".join(dict.fromkeys(str(sources[_origin(one)]) for one in line.rows)))
    lines: list[Line] = [*table(headings, rows, columns)]
    lines += [text(remark) for remark in shape.remarks]
    lines += _source_lines(sources)
    emit(to_text(lines, width=columns, colour=wants_colour(os.environ)))


def _there_is(arguments: argparse.Namespace, matrix: Matrix) -> str:
    """Where a build was asked for that does not exist: which there are."""
    if arguments.table not in ("torch", "torch_builds") or not (
        arguments.cuda or arguments.variant
    ):
        return ""
    from torch_doctor.matrix.builds.rows import TorchBuild

    left = argparse.Namespace(**{**vars(arguments), "cuda": [], "variant": []})
    rows = (one for line in _shape(left, matrix).lines for one in line.rows)
    found = dict.fromkeys(one.variant for one in rows if isinstance(one, TorchBuild))
    return f"; with the other filters there are {', '.join(found)}" if found else ""


def _record(table: str, row: Row, matrix: Matrix) -> Iterator[Line]:
    """A single row: everything that it says, and its source."""
    from torch_doctor.matrix.tables import text_of
    from torch_doctor.render.text.line import Segment, labelled, text

    cells = _document(table, row, matrix)
    cells.pop("origin")
    yield text(Segment(cells.pop("row"), "bold"), hang=2)
    for name, value in cells.items():
        shown = text_of(getattr(row, name, value))
        if shown:
            yield labelled((Segment(name, "dim"),), shown, indent=2, hang=18)
    yield labelled((Segment("source", "dim"),), _origin(row), indent=2, hang=18)
    for name in ("note", "dispute"):
        if words := getattr(row.origin, name):
            yield labelled((Segment(name, "dim"),), words, indent=2, hang=18)


def _origin(row: Row) -> str:
    origin = row.origin
    doubt = "" if origin.confidence == "high" else f", confidence {origin.confidence}"
    return f"{origin.source} ({origin.how}, checked {origin.checked}{doubt})"


def _numbered(shape: Shape) -> dict[str, int]:
    seen = dict.fromkeys(_origin(row) for line in shape.lines for row in line.rows)
    return {words: number for number, words in enumerate(seen, 1)}


def _source_lines(sources: dict[str, int]) -> Iterator[Line]:
    from torch_doctor.render.text.line import Segment, labelled

    for words, number in sources.items():
        yield labelled((Segment(f"[{number}]", "dim"),), words, hang=6)


def _say_json(shape: Shape, matrix: Matrix) -> None:
    from torch_doctor.cli.output.streams import emit
    from torch_doctor.render.laid_out import dump
    from torch_doctor.render.text.pages import tool_head

    rows = [_document(shape.table, row, matrix) for line in shape.lines for row in line.rows]
    head = {"version": matrix.version, "digest": matrix.digest}
    emit(dump({**tool_head(), "matrix": head, "table": shape.table, "rows": rows}))


def _document(table: str, row: Any, matrix: Matrix) -> dict[str, Any]:
    from torch_doctor.matrix.store import row_key
    from torch_doctor.matrix.tables import min_driver

    cells = {name: _plain(value) for name, value in row._asdict().items() if name != "origin"}
    if table == "torch_builds":
        cells["min_driver"] = min_driver(row, matrix) or None
    return {"row": row_key(table, row), **cells, "origin": row.origin._asdict()}


def _plain(value: Any) -> Any:
    """Return pairs as an object, as the YAML has them."""
    if (
        isinstance(value, tuple)
        and value
        and all(isinstance(v, tuple) and len(v) == 2 for v in value)
    ):
        return dict(value)
    return value


def _say_csv(shape: Shape, matrix: Matrix) -> None:
    import csv
    from io import StringIO

    from torch_doctor.cli.output.streams import emit
    from torch_doctor.matrix.tables import text_of

    out = StringIO()
    writer: Any = None
    for row in (row for line in shape.lines for row in line.rows):
        document = _document(shape.table, row, matrix)
        origin = document.pop("origin")
        cells = {name: text_of(getattr(row, name, value)) for name, value in document.items()}
        cells |= {name: text_of(value) for name, value in origin.items()}
        if writer is None:
            writer = csv.DictWriter(out, list(cells), lineterminator="\n")
            writer.writeheader()
        writer.writerow(cells)
    emit(out.getvalue())
