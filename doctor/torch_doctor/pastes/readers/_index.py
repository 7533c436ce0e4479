"""Find the readers: every module of a folder beside this file that has a function ``read``.

A reader takes a paste and yields claims. Readers know nothing of each other: which claim counts is decided when claims
are merged, so no order of theirs is written down, and a reader is added or deleted as one file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module

from torch_doctor.pastes.claims.claim import Claim
from torch_doctor.pastes.text.paste import Paste

Reader = Callable[[Paste], Iterator[Claim]]
_HERE = os.path.dirname(__file__)


@cache
def readers() -> tuple[Reader, ...]:
    """Return the readers, by the name of their module."""
    modules = (import_module(f"{__package__}.{name}") for name in sorted(_names()))
    return tuple(module.read for module in modules)


def _names() -> Iterator[str]:
    for folder in os.listdir(_HERE):
        if folder.startswith("_") or "." in folder:
            continue
        for file in os.listdir(os.path.join(_HERE, folder)):
            if file.endswith(".py") and not file.startswith("_"):
                yield f"{folder}.{file[:-3]}"
