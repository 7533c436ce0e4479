"""The page of the matrix: its tables and what a row of each says, and an overview of torch's builds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.provenance import Provenance
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.rows import TABLES


def pages() -> Iterator[tuple[str, str]]:
    """Yield the one page."""
    yield "matrix.md", "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "# The compatibility matrix"
    yield ""
    yield "What is known about drivers, CUDA toolkits, GPUs, builds of torch, images and errors, row by row."
    yield "People read and review YAML under [matrix/](../matrix); the wheel carries it compiled. One row is one"
    yield "claim, and every row says where it comes from:"
    yield ""
    yield f"`origin`: {', '.join(f'`{field}`' for field in Provenance._fields)}. {_doc(Provenance)}"
    yield ""
    yield "`torch-doctor matrix show TABLE KEY` prints rows with their sources; `--matrix DIR` adds rows of your"
    yield "own, or replaces rows of the same key, and `torch-doctor matrix validate DIR` checks them first."
    yield from ("", "## Builds of torch", "", *_builds())
    for name, table in TABLES.items():
        yield from ("", f"## {name}", "", _doc(table.row), "")
        yield f"In `matrix/{table.place}`; a row is named by {' and '.join(f'`{key}`' for key in table.key)}."
        fields = [field for field in table.row._fields if field != "origin"]
        yield f"Fields: {', '.join(f'`{field}`' for field in fields)}."


def _builds() -> Iterator[str]:
    matrix = load_matrix()
    rows = [row for row in matrix.torch_builds if row.platform == "linux-x86_64" and row.cuda]
    yield "For Linux on x86_64, by torch minor release; a build may be missing for a single patch release."
    yield from ("", "| torch | CUDA builds |", "|---|---|")
    minors: dict[str, set[str]] = {}
    for row in rows:
        if row.status == "published":
            minors.setdefault(re.sub(r"\.\d+$", "", row.torch), set()).add(row.variant)
    for minor in sorted(minors, key=release_key, reverse=True):
        yield f"| {minor} | {', '.join(sorted(minors[minor], key=_tag))} |"


def _tag(variant: str) -> tuple[int, str]:
    digits = re.sub(r"\D", "", variant)
    return int(digits or 0), variant


def _doc(kind: type) -> str:
    return " ".join((kind.__doc__ or "").split())
