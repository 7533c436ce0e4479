"""The cheap named tuple behaves as the one of the standard library."""

from __future__ import annotations

import copy
import pickle
import typing
from typing import Any

import pytest
from torch_doctor.core.tuples import NamedTuple


class Ours(NamedTuple):
    """A sample."""

    name: str
    size: int | None
    tags: tuple[str, ...] = ()

    @property
    def twice(self) -> int:
        """Return twice the size."""
        return 2 * (self.size or 0)


class Theirs(typing.NamedTuple):
    """The same, by the standard library."""

    name: str
    size: int | None
    tags: tuple[str, ...] = ()


CALLS: tuple[tuple[tuple[Any, ...], dict[str, Any]], ...] = (
    (("a", 1), {}),
    (("a", 1, ("x",)), {}),
    ((), {"name": "a", "size": None}),
    (("a",), {"tags": ("y",), "size": 3}),
)
WRONG: tuple[tuple[tuple[Any, ...], dict[str, Any]], ...] = (
    ((), {}),
    (("a",), {}),
    (("a", 1, (), 4), {}),
    (("a", 1), {"name": "b"}),
    (("a", 1), {"colour": "red"}),
)


@pytest.mark.parametrize(("args", "kwargs"), CALLS)
def test_it_is_made_as_the_standard_one(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    ours, theirs = Ours(*args, **kwargs), Theirs(*args, **kwargs)

    assert tuple(ours) == tuple(theirs)
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert ours._asdict() == theirs._asdict()
    assert ours == theirs
    assert hash(ours) == hash(theirs)


@pytest.mark.parametrize(("args", "kwargs"), WRONG)
def test_it_refuses_what_the_standard_one_refuses(
    args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    for kind in (Ours, Theirs):
        with pytest.raises(TypeError):
            kind(*args, **kwargs)


def test_it_describes_itself_as_the_standard_one() -> None:
    assert Ours._fields == Theirs._fields
    assert dict(Ours._field_defaults) == Theirs._field_defaults
    assert Ours.__match_args__ == Theirs.__match_args__
    assert Ours.__doc__ == "A sample."


def test_it_is_copied_changed_and_pickled() -> None:
    one = Ours("a", 2)

    assert one._replace(size=5) == ("a", 5, ())
    assert one._replace(size=5).twice == 10
    assert copy.deepcopy(one) == one
    assert type(pickle.loads(pickle.dumps(one))) is Ours
    assert type(Ours._make(["a", 1, ()])) is Ours
    with pytest.raises(ValueError, match="colour"):
        one._replace(colour="red")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Ours._make(["a"])
    with pytest.raises(AttributeError):
        one.name = "b"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        one.other = "b"  # type: ignore[attr-defined]


def test_a_field_without_a_default_comes_first() -> None:
    namespace = {"__annotations__": {"a": "int", "b": "int"}, "a": 1}
    with pytest.raises(TypeError, match="without a default"):
        type(NamedTuple)("Bad", (NamedTuple,), dict(namespace))
