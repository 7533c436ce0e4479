"""What is done with an action is found by the name of its kind, in a module that is imported when it is first needed.

Most reports propose one or two kinds of action of twenty-five.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module

from torch_doctor.core.startup import Any
from torch_doctor.fixes.kinds import slug_of_kind


class ByKind:
    """The functions of a *room* (a package) by kind of action; *modules* tells in which module each stands."""

    def __init__(self, room: str, modules: Mapping[type, str]) -> None:
        self._room = room
        self._modules = modules
        self.of = cache(self._of)

    def __iter__(self) -> Any:
        return iter(self._modules)

    def _of(self, kind: type) -> Callable[..., Any] | None:
        """Return the function for *kind*, None where there is none."""
        module = self._modules.get(kind)
        if module is None:
            return None
        name = slug_of_kind(kind).replace("-", "_")
        found: Callable[..., Any] = getattr(import_module(f"{self._room}.{module}"), name)
        return found
