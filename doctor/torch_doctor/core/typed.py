"""The names of ``typing`` that the code spells, without an import of ``typing`` when it runs.

Every annotation is text, and no class asks for its types when it runs; importing ``typing`` for them would take a
twentieth of a short command. A type checker is given the real names.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, BinaryIO, Generic, NoReturn, Protocol, TextIO, TypeVar
else:
    Any = BinaryIO = NoReturn = TextIO = object

    class Protocol:
        """A class that others fit by their methods."""

    class Generic:
        """A class with parameters."""

        def __class_getitem__(cls, _: object) -> type:
            return cls

    def TypeVar(name: str, *, bound: object = None) -> object:  # noqa: N802 -- the name that a type checker knows
        """A parameter of a class or a function."""
        return (name, bound)


__all__ = [
    "TYPE_CHECKING",
    "Any",
    "BinaryIO",
    "Generic",
    "NoReturn",
    "Protocol",
    "TextIO",
    "TypeVar",
]
