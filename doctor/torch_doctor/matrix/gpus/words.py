"""What to say of a GPU name that means nothing here, is another maker's, or is shared by products."""

from __future__ import annotations

import re
from collections.abc import Sequence

from torch_doctor.core.text import listing, one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.gpus.folding import fold
from torch_doctor.matrix.gpus.rows import GpuProduct, OtherMaker
from torch_doctor.matrix.query import gpus_like
from torch_doctor.matrix.store import Matrix


class UnusableName(NamedTuple):
    """Why a name cannot be used, and what to write instead."""

    problem: str
    cure: str


def unknown_gpu(name: str, matrix: Matrix, or_else: str = "") -> UnusableName:
    """Return what to say of a *name* that no row knows; *or_else* is what else can be done where none is near."""
    shown = one_line(name.strip(), 60)
    if not shown:
        return UnusableName("the name of the GPU is empty", "name one, such as H100 or 'RTX 4090'")
    other = other_maker(name, matrix)
    if other:
        made = f"{shown!r} is no NVIDIA GPU: {other.maker} makes it, and torch runs on it by {other.torch}"
        return UnusableName(made, "name an NVIDIA GPU")
    like = gpus_like(matrix, name)
    lists = "torch-doctor matrix show gpus lists all"
    cure = (
        f"did you mean {listing(like, 'or')}?"
        if like
        else "; ".join(filter(None, (lists, or_else)))
    )
    return UnusableName(f"no GPU is called {shown!r}", cure)


def meanings(rows: Sequence[GpuProduct]) -> str:
    """Return the products as a choice, each with its capability and memory."""
    return listing(list({words.casefold(): words for words in map(_meaning, rows)}.values()), "or")


def short_name(row: GpuProduct) -> str:
    """Return the product without its maker."""
    return row.name.removeprefix("NVIDIA ")


def other_maker(name: str, matrix: Matrix) -> OtherMaker | None:
    """Return the row of the maker, other than NVIDIA, whose GPU or accelerator is called *name*."""
    typed = fold(name)
    rows: tuple[OtherMaker, ...] = matrix.other_makers
    return next(
        (
            row
            for row in rows
            if any(re.fullmatch(one, typed, re.IGNORECASE) for one in row.patterns)
        ),
        None,
    )


def _meaning(row: GpuProduct) -> str:
    memory = "/".join(map(str, row.memory_gb))
    capability = " or ".join(row.capabilities)
    return f"{short_name(row)} ({capability}{f', {memory} GB' if memory else ''})"
