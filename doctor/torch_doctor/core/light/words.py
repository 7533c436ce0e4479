"""Closed lists of words that cost next to nothing to define.

``enum`` does a good deal for each list, and asks a descriptor for each ``value``: the lists of the core were a
twenty-fifth of ``explain``. These have the same interface, as far as it is used.
"""

from __future__ import annotations

from torch_doctor.core.startup import TYPE_CHECKING, Any

__all__ = ["IntEnum", "StrEnum"]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import Enum, IntEnum

    class StrEnum(str, Enum):
        """A closed list of words."""

else:
    from types import MappingProxyType

    class _Closed(type):
        """The type of such lists: turns the texts or numbers of a class into its members."""

        def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
            given = {
                word: value
                for word, value in namespace.items()
                if type(value) in (str, int) and not word.startswith("_")
            }
            rest = {word: value for word, value in namespace.items() if word not in given}
            made: Any = super().__new__(mcs, name, bases, rest)
            kind = int if issubclass(made, int) else str
            members = {word: kind.__new__(made, value) for word, value in given.items()}
            for word, member in members.items():
                member.name, member.value = word, given[word]
                setattr(made, word, member)
            made.__members__ = MappingProxyType(members)
            made.by_value = {member.value: member for member in members.values()}
            return made

        def __call__(cls, value: Any) -> Any:
            """Return the member that has this value; raise ValueError where none has."""
            try:
                return cls.by_value[value]
            except (KeyError, TypeError):
                msg = f"{value!r} is not a valid {cls.__name__}"
                raise ValueError(msg) from None

        def __getitem__(cls, name: str) -> Any:
            return cls.__members__[name]

        def __iter__(cls) -> Iterator[Any]:
            return iter(cls.__members__.values())

        def __len__(cls) -> int:
            return len(cls.__members__)

        def __contains__(cls, value: Any) -> bool:
            return type(value) is cls or value in cls.by_value

    class _Member(metaclass=_Closed):
        """What members of all lists have in common."""

        def __reduce_ex__(self, _: int) -> Any:
            return type(self), (self.value,)

        def __repr__(self) -> str:
            return f"<{type(self).__name__}.{self.name}: {self.value!r}>"

        def __str__(self) -> str:
            return f"{type(self).__name__}.{self.name}"

    class _Words(_Member, str):  # noqa: SLOT000  its members are all there will be
        """A closed list of words: subclass it and assign them."""

        __hash__ = str.__hash__

    StrEnum = _Words

    class IntEnum(_Member, int):
        """A closed list in an order: its members are numbers."""

        __str__ = int.__repr__
