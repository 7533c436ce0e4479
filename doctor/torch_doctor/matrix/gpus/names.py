"""GPU names as no row spells them: ``3060 laptop``, ``4090D``, ``RTX 3060 12GB``, ``titan x maxwell``.

Only blanks, words that say nothing and what a row itself says (memory, architecture) may differ: nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.gpus.rows import GpuProduct
from torch_doctor.matrix.store import Matrix, worked_out_once

# Words that tell no product from another; the last ones name the computer around the GPU.
IDLE = frozenset(
    "nvidia geforce tesla quadro graphics gpu generation edition with design series card "
    "developer kit devkit module dgx hgx".split()
)
SAME = {"mobile": "laptop", "notebook": "laptop"}
_MEMORY = regex(r"\b(\d{1,3}) ?gb?\b")
_SERIES = regex(r"^(?:gtx|rtx|gt)(?=\w)")
_GEFORCE = ("consumer", "consumer_laptop")
# "RTX 50 series", "RTX 5000-series", "RTX50xx": a generation, whose alias is "RTX 50xx".
_FAMILY = regex(r"\b(rtx|gtx)[ _-]?([1-9]0|16)(?:00|xx)?(?: gpu| card)?[ _-]?series\b")


class Spelled(NamedTuple):
    """The products that a name means, and how far its alias says that they differ (none without one)."""

    rows: tuple[GpuProduct, ...]
    ambiguity: str


def spelled(folded: str, matrix: Matrix) -> Spelled:
    """Return what a folded name means; no rows where it means nothing."""
    memory = {int(text) for text in _MEMORY.findall(folded)}
    words = words_of(_MEMORY.sub(" ", folded) if len(memory) == 1 else folded)
    plain = _keyed(matrix).get(_key(words_of(folded))) or _keyed(matrix).get(_key(words))
    architecture = ""
    if plain is None and words and words[-1] in _architectures(matrix):
        architecture = words[-1]
        plain = _keyed(matrix).get(_key(words[:-1]))
    rows, ambiguity = plain or ((), "none")
    fits = tuple(row for row in rows if _fits(row, memory, architecture))
    return Spelled(fits, ambiguity if len(fits) == len(rows) else _left(fits))


def _fits(row: GpuProduct, memory: set[int], architecture: str) -> bool:
    right_size = not memory or not row.memory_gb or not memory.isdisjoint(row.memory_gb)
    return right_size and architecture in row.architecture.casefold()


def _left(rows: tuple[GpuProduct, ...]) -> str:
    """What is left of an alias after memory or architecture have narrowed it."""
    return "product" if len(rows) > 1 and _spread(rows) == "none" else _spread(rows)


def _spread(rows: Sequence[GpuProduct]) -> str:
    capabilities = {capability for row in rows for capability in row.capabilities}
    return "architecture" if len(capabilities) > 1 else "none"


@lru_cache(4096)
def words_of(folded: str) -> tuple[str, ...]:
    """Return the words of a folded name that tell products apart."""
    found = re.findall(r"[a-z0-9]+", _FAMILY.sub(r"\1 \2xx", folded))
    return tuple(SAME.get(word, word) for word in found if word not in IDLE)


def _key(words: Sequence[str]) -> str:
    return "".join(words)


def _architectures(matrix: Matrix) -> set[str]:
    return {
        word for row in matrix.architectures for word in re.findall(r"[a-z]+", row.name.casefold())
    }


@worked_out_once
def _keyed(matrix: Matrix) -> dict[str, tuple[tuple[GpuProduct, ...], str]]:
    """Every product and alias by its key; an alias wins over a product of the same key."""
    found: dict[str, list[GpuProduct]] = {}
    by_name: dict[str, list[GpuProduct]] = {}
    for row in sorted(matrix.gpus, key=lambda row: row.name):
        by_name.setdefault(row.name, []).append(row)
        for key in keys_of(row):
            found.setdefault(key, []).append(row)
    index = {key: (tuple(rows), _spread(rows)) for key, rows in found.items()}
    for alias in matrix.gpu_aliases:
        meant = tuple(row for name in alias.names for row in by_name.get(name, ()))
        index[_key(words_of(alias.alias.casefold()))] = (meant, alias.ambiguity)
    index.pop("", None)
    return index


def keys_of(row: GpuProduct) -> set[str]:
    """Return the keys of a product: with its series, and without where the rest says enough.

    ``RTX A5000`` is A5000, ``Quadro RTX 4000`` is not 4000.
    """
    key = _key(words_of(row.name.casefold()))
    bare = _SERIES.sub("", key)
    return {key, bare} if row.kind in _GEFORCE or bare[:1].isalpha() else {key}
