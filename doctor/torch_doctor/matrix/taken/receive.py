"""A compiled matrix as it is handed over: one JSON document, judged as strictly as the YAML that it was made from."""

from __future__ import annotations

import json
from collections.abc import Iterator

from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line, visible
from torch_doctor.matrix.provenance import Provenance
from torch_doctor.matrix.rows import TABLES
from torch_doctor.matrix.source.checking import check_rows
from torch_doctor.matrix.source.columns import Column, columns
from torch_doctor.matrix.source.compile import SHAPE, compiled_from
from torch_doctor.matrix.source.decoding import Entry, date_fault, origin_faults
from torch_doctor.matrix.source.linking import check_links, check_unique
from torch_doctor.matrix.store import MatrixError

FORMAT = "torch-doctor matrix 1"
_SOUND_TYPES = {"str": str, "int": int, "bool": bool}
_LIMIT = 4096


def handed_over(compiled: dict[str, Any]) -> str:
    """Return a compiled matrix as the document that ``received`` takes."""
    document = {"format": FORMAT, "index": compiled["index"], "tables": compiled["tables"]}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def received(data: bytes) -> dict[str, Any]:
    """Return what ``compile_matrix`` does, made anew from a document's rows; raise MatrixError where it is unsound.

    The message is one clause without a subject: "is cut off", "holds a row …".
    """
    document = _document(data)
    index, tables = document.get("index"), document.get("tables")
    if not isinstance(index, dict) or not isinstance(tables, dict):
        raise MatrixError("holds no index or no tables")
    if index.get("shape") != SHAPE:
        raise MatrixError("was compiled for another release of torch-doctor: its columns differ")
    entries = list(_entries(tables))
    faults = [*check_unique(entries), *check_rows(entries)] or list(check_links(entries))
    if faults:
        raise MatrixError(f"is not sound: {one_line(str(faults[0]), 300)}")
    compiled = compiled_from(entries)
    for name in ("digest", "version"):
        if index.get(name) != compiled["index"][name]:
            raise MatrixError(f"has rows of another {name} than it says, so something was changed")
    if not entries:
        raise MatrixError("holds no row")
    return compiled


def _document(data: bytes) -> dict[str, Any]:
    start = data[:200].lstrip()
    if start[:1] == b"<":
        raise MatrixError("is HTML and no matrix")
    try:
        document = json.loads(data)
    except UnicodeDecodeError:
        raise MatrixError("is no matrix: it is not JSON in UTF-8") from None
    except RecursionError:
        raise MatrixError("is no matrix: it nests too deep") from None
    except ValueError:
        begins = start[:1] == b"{"
        raise MatrixError(
            "is cut off or damaged" if begins else "is no matrix: it is not JSON"
        ) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise MatrixError("is no matrix that torch-doctor compiled")
    return document


def _entries(tables: dict[str, Any]) -> Iterator[Entry]:
    for file, packed in tables.items():
        name = file.partition(".")[0]
        if name not in TABLES:
            raise MatrixError(f"holds a table {one_line(file, 60)!r} that is not known")
        if not isinstance(packed, dict) or not isinstance(packed.get("rows"), list):
            raise MatrixError(f"holds no rows in the table {name}")
        origins = [_origin(one, name) for one in packed.get("sources") or ()]
        for number, cells in enumerate(packed["rows"], 1):
            try:
                yield Entry(name, _row(TABLES[name].row, cells, origins), file, number)
            except (ValueError, TypeError, IndexError) as error:
                why = f"{file}, {number}: {one_line(str(error), 200)}"
                raise MatrixError(f"holds a row that cannot be: {why}") from None


def _row(kind: Any, cells: Any, origins: list[Provenance]) -> Any:
    wanted = columns(kind)
    if not isinstance(cells, list) or len(cells) != len(wanted) + 1:
        msg = f"it has not the {len(wanted) + 1} cells of {kind.__name__}"
        raise ValueError(msg)
    origin = cells[-1]
    if type(origin) is not int or origin < 0:
        msg = "its source is not a number"
        raise ValueError(msg)
    return kind(*map(_cell, wanted, cells), origins[origin])


def _cell(column: Column, cell: Any) -> Any:
    if cell is None and column.optional:
        return None
    if (sound := _SOUND_TYPES.get(column.shape)) is not None:
        if type(cell) is not sound:
            msg = f"{column.name} is not {column.shape}"
            raise ValueError(msg)
        return _text(cell, column) if sound is str else cell
    if type(cell) is not list:
        msg = f"{column.name} is not a list"
        raise ValueError(msg)
    return tuple(_item(column, one) for one in cell)


def _item(column: Column, item: Any) -> Any:
    size = {"pairs": 2, "triples": 3}.get(column.shape)
    if size is None:
        return _cell(Column(column.name, column.shape.removesuffix("s"), False), item)
    if type(item) is not list or len(item) != size:
        msg = f"{column.name} holds what is not {size} texts"
        raise ValueError(msg)
    return tuple(_text(one, column) for one in item)


def _text(text: Any, column: Column) -> str:
    if type(text) is not str or visible(text, _LIMIT) != text:
        msg = f"{column.name} holds what is not plain text of at most {_LIMIT} characters"
        raise ValueError(msg)
    return text


def _origin(cells: Any, table: str) -> Provenance:
    fields = Provenance._fields
    try:
        if not isinstance(cells, list) or len(cells) != len(fields):
            raise ValueError("it has other fields")
        origin = Provenance(*cells)
        filled = {
            name: value for name, value in zip(fields, cells, strict=True) if value is not None
        }
        if any(_text(one, Column(name, "str", False)) == "" for name, one in filled.items()):
            raise ValueError("it is empty")
        faults = [date_fault(origin.checked), *(fault for _, fault in origin_faults(filled))]
        for fault in filter(None, faults):
            raise ValueError(fault)
    except (ValueError, TypeError, KeyError) as error:
        why = f"{table}: {one_line(str(error), 200)}"
        raise MatrixError(f"holds a source that cannot be: {why}") from None
    return origin
