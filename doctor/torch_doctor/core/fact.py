"""What is known, and what is not: a fact is Known or Unavailable, never a guess."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from torch_doctor.core.light.words import StrEnum
from torch_doctor.core.startup import Any, Generic, TypeVar
from torch_doctor.core.tuples import NamedTuple

T = TypeVar("T")
D = TypeVar("D")


class Reason(StrEnum):
    """Why a fact is unavailable. Only NOT_PRESENT and NOT_APPLICABLE are answers; the rest are gaps."""

    NOT_PRESENT = "not-present"
    DENIED = "denied"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    UNPARSED = "unparsed"
    NOT_APPLICABLE = "not-applicable"
    NOT_ASKED = "not-asked"

    @property
    def is_answer(self) -> bool:
        """Whether the absence itself is known."""
        return self in _ANSWERS

    @property
    def is_failure(self) -> bool:
        """Whether somebody asked and got no answer."""
        return self not in _NO_FAILURE


_ANSWERS = (Reason.NOT_PRESENT, Reason.NOT_APPLICABLE)
# Most of what a rule lacks nobody asked for, and this is looked at for every rule.
_NO_FAILURE = (Reason.NOT_ASKED, *_ANSWERS)


PASTED = ("report", "words")


class Source(NamedTuple):
    """Where a fact comes from: *kind* is nvml, file, child, env, user, report, words or derived.

    What a report shows is of the kind report; of the kind words is what somebody merely writes in it.
    """

    kind: str
    where: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = self.where if self.line is None else f"{self.where}:{self.line}"
        return (
            f"{self.kind} {place}".strip()
            if self.kind not in ("file", *PASTED)
            else place or self.kind
        )

    @property
    def pasted(self) -> bool:
        """Whether it is a line of a report."""
        return self.kind in PASTED


class Known(Generic[T]):
    """A value and where it was read. Immutable by convention; compared by value."""

    __slots__ = ("source", "value")
    __match_args__ = ("value", "source")
    lost = False

    def __init__(self, value: T, source: Source) -> None:
        self.value = value
        self.source = source

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Known):
            return NotImplemented
        return bool(self.value == other.value and self.source == other.source)

    def __hash__(self) -> int:
        return hash((self.value, self.source))

    def or_else(self, _default: object) -> T:
        """Return the value."""
        return self.value

    def with_source(self, source: Source) -> Known[T]:
        """Return the same value, read elsewhere."""
        return Known(self.value, source)

    def __repr__(self) -> str:
        return f"Known(value={self.value!r}, source={self.source!r})"


class Unavailable(NamedTuple):
    """No value, and why."""

    reason: Reason
    detail: str = ""
    source: Source = Source("derived")

    @property
    def lost(self) -> bool:
        """Whether somebody asked and got no answer: it may be anything."""
        return self.reason not in _NO_FAILURE

    def or_else(self, default: D) -> D:
        """Return *default*."""
        return default

    def with_source(self, source: Source) -> Unavailable:
        """Return the same gap, met elsewhere."""
        return self._replace(source=source)

    def __str__(self) -> str:
        return f"{self.reason.value}: {self.detail}" if self.detail else self.reason.value


Fact = Known[T] | Unavailable
_NOT_ASKED = Unavailable(Reason.NOT_ASKED)
# Every machine has these, so that "there is none" answers nothing.
_EVERYWHERE = frozenset({"os_family", "host_arch"})


class Facts(Mapping[str, "Fact[Any]"]):
    """Everything known about one host and one Python environment, by fact name; immutable.

    A name that nobody asked for reads as ``Unavailable(NOT_ASKED)``, so every name can be read.
    """

    __slots__ = ("_items",)

    def __init__(
        self, items: Mapping[str, Fact[Any]] | Iterable[tuple[str, Fact[Any]]] = ()
    ) -> None:
        self._items: dict[str, Fact[Any]] = dict(sorted(dict(items).items()))

    def __getitem__(self, name: str) -> Fact[Any]:
        return self._items.get(name, _NOT_ASKED)

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __repr__(self) -> str:
        return f"Facts({self._items!r})"

    def value(self, name: str, default: Any = None) -> Any:
        """Return the known value of *name*, or *default*."""
        fact = self[name]
        return fact.value if isinstance(fact, Known) else default

    def is_absent(self, name: str) -> bool:
        """Whether it is known that there is no such thing."""
        fact = self[name]
        return isinstance(fact, Unavailable) and fact.reason is Reason.NOT_PRESENT

    def is_lost(self, name: str) -> bool:
        """Whether somebody asked for *name* and got no answer; that there is no such thing is one, for most facts."""
        fact = self[name]
        return fact.lost or (
            name in _EVERYWHERE and isinstance(fact, Unavailable) and fact.reason.is_answer
        )

    def with_(self, **changes: Fact[Any]) -> Facts:
        """Return a copy in which some facts are replaced."""
        return Facts({**self._items, **changes})

    def without(self, *names: str) -> Facts:
        """Return a copy in which some facts were never asked for."""
        return Facts({k: v for k, v in self._items.items() if k not in names})
