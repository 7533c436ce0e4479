"""What to say of a GPU name that means nothing here, is another maker's, or is shared by products."""

from __future__ import annotations

import re
from collections.abc import Sequence

from torch_doctor.core.text import listing, one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import ComputeCapability, SmTarget
from torch_doctor.matrix.gpus.folding import fold, without_maker
from torch_doctor.matrix.gpus.rows import GpuProduct, OtherChip, OtherMaker
from torch_doctor.matrix.query import gpus_like, gpus_named
from torch_doctor.matrix.store import Matrix

# A word that so many names of GPUs have is that of a line of products.
_MANY = 10
# Lines of products, of which people take one for another; and letters that are taken for digits.
_LINES = ("rtx", "gtx", "gt", "tesla", "quadro", "geforce", "titan")
_LIKE_DIGITS = str.maketrans("oil", "011")


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
    lists = "; ".join(filter(None, ("torch-doctor matrix show gpus lists all", or_else)))
    wider = _wider(name, matrix)
    if wider:
        return UnusableName(f"{shown!r} is {wider}, not the name of a GPU", lists)
    shared = _shared_by(name, matrix)
    if shared:
        cure = f"nvidia-smi -L names the one that is there; {lists}"
        return UnusableName(f"{shown!r} is {shared}", cure)
    like = _in_another_order(name, matrix) or _slipped(name, matrix) or gpus_like(matrix, name)
    like = like or _aliases_with(name, matrix)
    cure = f"did you mean {listing(like, 'or')}?" if like else lists
    return UnusableName(f"no GPU is called {shown!r}", cure)


def _wider(name: str, matrix: Matrix) -> str:
    """Say what a name is that stands for many GPUs: a compute capability or an architecture."""
    typed = fold(name)
    target = re.fullmatch(r"(?:sm|compute) ?(\d{2,3}[af]?)|(\d{1,2}\.\d)", typed)
    if target:
        capability = target[2] or SmTarget.parse(f"sm_{target[1]}").capability
        return f"the compute capability {capability}"
    plain = without_maker(typed)
    have = [row.capability for row in matrix.architectures if _bare(row.name) == plain]
    return f"an architecture, of compute capability {listing(have, 'or')}" if have else ""


def _bare(architecture: str) -> str:
    """Return an architecture without what tells its chips apart: ``Blackwell (GB10)`` is Blackwell to people."""
    return architecture.partition(" (")[0].casefold()


def _slipped(name: str, matrix: Matrix) -> list[str]:
    """Return *name* with a digit for the letter like it, or without the word of another line, where that is a GPU's."""
    typed = without_maker(fold(name))
    digits = " ".join(
        word.translate(_LIKE_DIGITS) if any(map(str.isdigit, word)) else word
        for word in typed.split()
    )
    line, _, rest = digits.partition(" ")
    for one in (digits, rest if line in _LINES else ""):
        if one and one != typed and gpus_named(matrix, one).rows:
            return [one.upper()]
    return []


def _shared_by(name: str, matrix: Matrix) -> str:
    """Say how many GPUs have the word *name* in theirs, where it is that of a whole line of products."""
    word = fold(name)
    rows = [row for row in matrix.gpus if word.isalpha() and word in fold(row.name).split()]
    if len(rows) < _MANY:
        return ""
    found = sorted(ComputeCapability.parse(one) for row in rows for one in row.capabilities)
    return f"in the names of {len(rows)} GPUs, of compute capability {found[0]} to {found[-1]}"


def _in_another_order(name: str, matrix: Matrix) -> list[str]:
    """Return the GPUs whose names have all words of *name*, in another order."""
    words = set(without_maker(fold(name)).split())
    found = [row.name for row in matrix.gpus if words <= set(fold(row.name).split())]
    return found[:5] if len(words) > 1 else []


def _aliases_with(name: str, matrix: Matrix) -> list[str]:
    """Return what people call GPUs by the word *name* and another one, such as each kind of Jetson."""
    word = fold(name)
    return [row.alias for row in matrix.gpu_aliases if word in fold(row.alias).split()][:8]


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


def chip_in(name: str, matrix: Matrix) -> OtherChip | None:
    """Return the row of the chip that a *name* of another maker's GPU tells; None where it tells none on record."""
    rows: tuple[OtherChip, ...] = matrix.other_chips
    return next(
        (row for row in rows if any(re.search(one, name, re.IGNORECASE) for one in row.patterns)),
        None,
    )


def _meaning(row: GpuProduct) -> str:
    memory = "/".join(map(str, row.memory_gb))
    capability = " or ".join(row.capabilities)
    return f"{short_name(row)} ({capability}{f', {memory} GB' if memory else ''})"
