"""What start-up would otherwise pay for: the names of ``typing``, and patterns that a run does not use.

Every annotation is text, and no class asks for its types when it runs; importing ``typing`` for them would take a
twentieth of a short command. Most modules have patterns and most runs use few: compiling all was a tenth. A type
checker is given the real names.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, AnyStr, BinaryIO, Generic, NoReturn, Protocol, TextIO, TypeVar

    def regex(pattern: AnyStr, flags: int = 0, needs: tuple[str, ...] = ()) -> re.Pattern[AnyStr]:
        """Return *pattern*, ready to search with; every match contains one of *needs*, which are in lower case."""

else:
    Any = BinaryIO = NoReturn = TextIO = object

    class Protocol:
        """A class that others fit by their methods."""

    class Generic:
        """A class with parameters."""

        def __class_getitem__(cls, _: object) -> type:
            return cls

    def TypeVar(name: str, *, bound: object = None) -> object:  # noqa: N802  the name that a type checker knows
        """A parameter of a class or a function."""
        return (name, bound)

    class regex:  # noqa: N801  it stands where a function would
        """A pattern that is compiled when it is first used; it has the attributes of ``re.Pattern``.

        With *needs* it is searched for in texts alone that hold one of them, and is not compiled before.
        """

        def __init__(
            self, pattern: str | bytes, flags: int = 0, needs: tuple[str, ...] = ()
        ) -> None:
            self.pattern = pattern
            self.needs = needs
            self._given = pattern, flags
            self._compiled = None
            if needs:
                self.search = self._search_where_needed
                self.finditer = self._finditer_where_needed

        def _search_where_needed(self, text: str, *where: int) -> Any:
            return self._ready().search(text, *where) if self._is_likely(text) else None

        def _finditer_where_needed(self, text: str, *where: int) -> Any:
            return self._ready().finditer(text, *where) if self._is_likely(text) else iter(())

        def _is_likely(self, text: str) -> bool:
            low = text.lower()
            for word in self.needs:  # noqa: SIM110  a generator of its own would take longer
                if word in low:
                    return True
            return False

        def _ready(self) -> re.Pattern:
            self._compiled = self._compiled or re.compile(*self._given)
            return self._compiled

        def __getattr__(self, name: str) -> Any:
            """Return an attribute of the compiled pattern, and keep it: the next use costs nothing more."""
            found = getattr(re.compile(*self._given), name)
            setattr(self, name, found)
            return found


__all__ = [
    "TYPE_CHECKING",
    "Any",
    "BinaryIO",
    "Generic",
    "NoReturn",
    "Protocol",
    "TextIO",
    "TypeVar",
    "regex",
]
