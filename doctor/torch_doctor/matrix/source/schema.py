"""JSON Schemas of the YAML files, for editors and reviewers; generated from the row types, never written by hand."""

from __future__ import annotations

import json

from torch_doctor.core.startup import Any
from torch_doctor.matrix.provenance import Provenance
from torch_doctor.matrix.rows import TABLES
from torch_doctor.matrix.source.checking import choices
from torch_doctor.matrix.source.columns import Column, columns
from torch_doctor.matrix.source.decoding import CONFIDENCE, HOW

_TEXT = {"type": "string", "minLength": 1}
_PROVENANCE: dict[str, dict[str, Any]] = {
    "source": _TEXT,
    "checked": {"type": "string", "format": "date"},
    "how": {"enum": list(HOW)},
    "confidence": {"enum": list(CONFIDENCE)},
    "note": _TEXT,
    "dispute": _TEXT,
}


def schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of every place of the matrix, by file name: ``cuda.schema.json``, ``torch.schema.json`` …"""
    places: dict[str, list[str]] = {}
    for name, table in TABLES.items():
        places.setdefault(table.place.removesuffix(".yaml"), []).append(name)
    return {f"{place}.schema.json": _file(place, tables) for place, tables in places.items()}


def text_of(schema: dict[str, Any]) -> str:
    """Return a schema as the text of its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _file(place: str, tables: list[str]) -> dict[str, Any]:
    defaults = {name: _PROVENANCE[name] for name in ("source", "checked", "how", "confidence")}
    rows = {name: {"type": "array", "items": _row(name)} for name in tables}
    sources = {"type": "object", "additionalProperties": _TEXT}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"torch-doctor matrix: {place}",
        **_object({"defaults": _object(defaults), "sources": sources, **rows}),
    }


def _row(table: str) -> dict[str, Any]:
    kind = TABLES[table].row
    fields = {column.name: _column(table, column) for column in columns(kind)}
    needed = [column.name for column in columns(kind) if not column.omittable]
    words = " ".join((kind.__doc__ or "").split())
    return {
        "title": kind.__name__,
        "description": words,
        **_object({**fields, **{name: _PROVENANCE[name] for name in Provenance._fields}}),
        "required": needed,
    }


def _column(table: str, column: Column) -> dict[str, Any]:
    words = choices(table, column.name)
    text: dict[str, Any] = {"enum": list(words)} if words else _TEXT
    schema: dict[str, Any] = {
        "str": text,
        "int": {"type": "integer"},
        "bool": {"type": "boolean"},
        "strs": {"type": "array", "items": text},
        "ints": {"type": "array", "items": {"type": "integer"}},
        "pairs": {"type": "object", "additionalProperties": _TEXT},
        "triples": {
            "type": "array",
            "items": {"type": "array", "items": {"type": "string"}, "minItems": 3, "maxItems": 3},
        },
    }[column.shape]
    return {"anyOf": [schema, {"type": "null"}]} if column.optional else schema


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}
