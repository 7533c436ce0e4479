"""poetry.lock and pdm.lock, by their blocks: what is locked, for which systems, and from where."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.linter.readers.of_toml.uv_lock import system_of
from torch_doctor.linter.record import (
    UNKNOWN,
    Environment,
    InstallStep,
    Requirement,
    RunStep,
    Written,
)
from torch_doctor.linter.requirement import canonical
from torch_doctor.linter.text import SourceText, Spot

_HEAD = regex(
    r"^\[\[package\]\][ \t]*\nname = \"([\w.-]+)\"\nversion = \"([^\"\n]+)\"", re.MULTILINE
)
_FAMILY = frozenset({"torch", "torchvision", "torchaudio", "triton"})


class _Block(NamedTuple):
    name: str
    version: str
    spot: Spot
    text: str


def read(source: SourceText) -> Written:
    """Return the locked releases as requirements, and those of torch's family with the systems of their wheels."""
    poetry = "poetry" in source.path.rpartition("/")[2]
    found = list(_blocks(source))
    named = Counter(block.name for block in found)
    wheels, wanted = list[RunStep](), list[Requirement]()
    for block in found:
        tags = set(re.findall(r"-([\w.]+)\.whl", block.text)) if block.name in _FAMILY else set()
        if tags:
            systems = sorted({system_of(tag) for tag in tags})
            wheels.append(RunStep(("locked", block.name, block.version, *systems), block.spot))
        if named[block.name] == 1:
            index = _index(block, poetry=poetry)
            wanted.append(Requirement(block.name, f"=={block.version}", block.spot, source=index))
    if not wanted and not wheels:
        return Written()
    first = Spot(source.path, 1)
    step = InstallStep("lock", first, tuple(wanted))
    kind = "poetry_lock" if poetry else "pdm_lock"
    return Written((Environment(kind, first, steps=(*wheels, step)),))


def _blocks(source: SourceText) -> Iterator[_Block]:
    heads = list(_HEAD.finditer(source.text))
    line, counted = 1, 0
    for place, match in enumerate(heads):
        line += source.text.count("\n", counted, match.start())
        counted = match.start()
        end = heads[place + 1].start() if place + 1 < len(heads) else len(source.text)
        yield _Block(
            canonical(match[1]), match[2], Spot(source.path, line + 1, 1), source.text[counted:end]
        )


def _index(block: _Block, *, poetry: bool) -> str:
    """Return the index that a package is locked from; empty is the default one.

    poetry writes every other index down. pdm does not, and only a local version tells that there is one.
    """
    table = re.search(r"^\[package\.source\][ \t]*\n((?:\w.*\n?)*)", block.text, re.MULTILINE)
    if table is not None:
        url = re.search(r"^url = \"([^\"\n]+)\"", table[1], re.MULTILINE)
        legacy = re.search(r"^type = \"legacy\"", table[1], re.MULTILINE)
        return url[1] if url and legacy else UNKNOWN
    return UNKNOWN if "+" in block.version and not poetry else ""
