"""Compile matrix/*.yaml into JSON tables: strictly, and with every fault at its file and line."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from torch_doctor.core.startup import Any
from torch_doctor.core.text import plural
from torch_doctor.matrix.paths import DATA
from torch_doctor.matrix.provenance import Provenance
from torch_doctor.matrix.rows import TABLES
from torch_doctor.matrix.source.checking import check_rows
from torch_doctor.matrix.source.decoding import Entry, decode_tree
from torch_doctor.matrix.source.linking import check_links, check_unique
from torch_doctor.matrix.source.yaml_nodes import MatrixFault, read_tree
from torch_doctor.matrix.store import Matrix, MatrixError, row_key

SCHEMA_VERSION = 1


def compile_matrix(
    folder: Path | None, overlay: Path | None = None, base: Matrix | None = None
) -> dict[str, Any]:
    """Return ``{"index": …, "tables": {name: {"sources": […], "rows": […]}}}``; raise MatrixError where unsound.

    Without *folder* the rows below are those of *base*, or of the compiled matrix of this installation.
    Rows of *overlay* replace those of the same key. The result does not depend on the order of files or rows.
    """
    entries, problems = _gather(folder, overlay, base)
    if problems:
        more = f" (and {plural(len(problems) - 1, 'more fault')})" if len(problems) > 1 else ""
        raise MatrixError(f"the matrix is not sound: {problems[0]}{more}")
    return compiled_from(entries)


def compiled_from(entries: list[Entry]) -> dict[str, Any]:
    """Return the same of rows that were found sound."""
    tables: dict[str, list[Any]] = {name: [] for name in TABLES}
    for entry in sorted(entries, key=lambda entry: natural(row_key(entry.table, entry.row))):
        tables[entry.table].append(entry.row)
    index = {
        "version": max(
            (row.origin.checked for rows in tables.values() for row in rows), default=""
        ),
        "digest": _digest(tables),
        "schema_version": SCHEMA_VERSION,
        "shape": SHAPE,
        "counts": {name: len(rows) for name, rows in tables.items()},
        "parts": {
            name: list(_parts(name, rows)) for name, rows in tables.items() if TABLES[name].part
        },
    }
    packed = {
        f"{name}.{part}" if part else name: _packed(of_part)
        for name, rows in tables.items()
        for part, of_part in _parts(name, rows).items()
    }
    return {"index": index, "tables": packed}


def validate(folder: Path | None, overlay: Path | None = None) -> list[MatrixFault]:
    """Return everything that is wrong with the matrix in *folder* (None: the installed one) and *overlay*."""
    return _gather(folder, overlay)[1]


def entries_in(folder: Path) -> list[Entry]:
    """Return the rows of a whole matrix in YAML with their places; raise MatrixError where it cannot be read."""
    entries, problems = _read_folder(folder, by_place=True)
    if problems:
        raise MatrixError(f"the matrix is not sound: {problems[0]}")
    return entries


def write_compiled(compiled: dict[str, Any], folder: Path) -> None:
    """Write one JSON file per table (or part of one) and index.json, each atomically and the index last; raise OSError.

    Files of tables and parts that are no more are removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (*compiled["tables"].items(), ("index", compiled["index"])):
        target = folder / f"{name}.json"
        unfinished = folder / f".{name}.{os.getpid()}.tmp"
        unfinished.write_text(_json(content), encoding="utf-8")
        os.replace(unfinished, target)
    for path in folder.glob("*.json"):
        if path.name.split(".")[0] in TABLES and path.stem not in compiled["tables"]:
            path.unlink()


def natural(key: str) -> list[Any]:
    """Order keys as people do: 2.9.1 before 2.10.0."""
    parts = re.split(r"([0-9]{1,600})", key)
    return [int(part) if place % 2 else part for place, part in enumerate(parts)]


def _gather(
    folder: Path | None, overlay: Path | None, below: Matrix | None = None
) -> tuple[list[Entry], list[MatrixFault]]:
    base, problems = _entries_of(below) if folder is None else _read_folder(folder, by_place=True)
    if overlay is not None:
        added, faults = _read_folder(overlay, by_place=False)
        problems += faults
        replaced = {row_key(entry.table, entry.row) for entry in added}
        base = [entry for entry in base if row_key(entry.table, entry.row) not in replaced] + added
    problems += check_rows(base)
    # A fault of a file's defaults is that of every row below them, and said once. A row that does not even parse
    # would only make the links to it look broken, too.
    return base, list(dict.fromkeys(problems)) or list(check_links(base))


def _read_folder(folder: Path, *, by_place: bool) -> tuple[list[Entry], list[MatrixFault]]:
    """Read the YAML files of a folder and of the folders in it. *by_place*: each table has its own place."""
    entries: list[Entry] = []
    problems: list[MatrixFault] = []
    if not folder.is_dir():
        return entries, [MatrixFault(str(folder), 0, "is not a folder; name one with YAML files")]
    paths = sorted((*folder.glob("*.yaml"), *folder.glob("*/*.yaml")))
    if not paths:
        return entries, [MatrixFault(str(folder), 0, "holds no .yaml file; name a folder of rows")]
    for path in paths:
        parts = path.relative_to(folder).parts
        tables = tuple(name for name, table in TABLES.items() if table.place == parts[0])
        if by_place and not tables:
            message = "belongs to no table; give it the place that doctor/torch_doctor/matrix/rows.py names"
            problems.append(MatrixFault(str(path), 0, message))
            continue
        tree = read_tree(path, str(path))
        if isinstance(tree, MatrixFault):
            problems.append(tree)
            continue
        found, faults = decode_tree(tree, str(path), tables if by_place else tuple(TABLES))
        entries += found
        problems += faults
    return entries, [*problems, *check_unique(entries)]


def _entries_of(matrix: Matrix | None) -> tuple[list[Entry], list[MatrixFault]]:
    """Return the rows of a compiled matrix, of None the packaged one."""
    matrix = matrix or Matrix(_compiled("index"), _compiled)
    return [
        Entry(name, row, os.path.join(DATA, f"{name}.json"), 0)
        for name in TABLES
        for row in matrix.table(name)
    ], []


def _compiled(name: str) -> Any:
    path = Path(DATA) / f"{name}.json"
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise MatrixError(f"{path}: cannot be read ({error}); reinstall torch-doctor") from None


def _parts(name: str, rows: list[Any]) -> dict[str, list[Any]]:
    """Return rows by the part of the table that they stand in; all of them as one where it has no parts."""
    field = TABLES[name].part
    parts: dict[str, list[Any]] = {} if field else {"": rows}
    for row in rows if field else ():
        parts.setdefault(getattr(row, field), []).append(row)
    return parts


def _packed(rows: list[Any]) -> dict[str, Any]:
    """Return rows as lists of cells; each ends in the number of its source, which many rows share."""
    sources: dict[Provenance, int] = {}
    packed = [[*row[:-1], sources.setdefault(row.origin, len(sources))] for row in rows]
    return {"sources": list(sources), "rows": packed}


def _digest(tables: dict[str, list[Any]]) -> str:
    from hashlib import sha256

    content = {"schema_version": SCHEMA_VERSION, "tables": tables}
    return sha256(_json(content).encode()).hexdigest()


def _shape() -> str:
    """Return what identifies the columns of all tables: cells that were packed for others cannot be read."""
    from hashlib import sha256

    kinds = {
        name: [*table[1:], table.row.__annotations__] for name, table in sorted(TABLES.items())
    }
    return sha256(_json([kinds, Provenance.__annotations__]).encode()).hexdigest()[:16]


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


SHAPE = _shape()
