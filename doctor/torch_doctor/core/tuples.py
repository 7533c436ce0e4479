"""Named tuples that cost next to nothing to define.

``typing.NamedTuple`` compiles a constructor and every annotation of each class when its module is imported, which took
a quarter of a short command. This one has the same interface and one constructor for all.
"""

from __future__ import annotations

from torch_doctor.core.startup import TYPE_CHECKING, Any

__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from _collections import _tuplegetter as _field
    from types import MappingProxyType

    class _Defined(type):
        """The type of such tuples: turns the annotations of a class into fields."""

        def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
            fields = tuple(namespace.get("__annotations__", ()))
            if not fields:
                return super().__new__(mcs, name, bases, namespace)
            defaults = {field: namespace[field] for field in fields if field in namespace}
            if tuple(defaults) != fields[len(fields) - len(defaults) :]:
                msg = f"{name}: a field without a default follows one that has a default"
                raise TypeError(msg)
            getters = {field: _field(index, None) for index, field in enumerate(fields)}
            named = {
                "__slots__": (),
                "__match_args__": fields,
                "_fields": fields,
                "_field_defaults": defaults,
                "_required": len(fields) - len(defaults),
                "_places": {field: index for index, field in enumerate(fields)},
                "_blank": (
                    *(None for field in fields if field not in defaults),
                    *defaults.values(),
                ),
            }
            return super().__new__(mcs, name, bases, {**namespace, **getters, **named})

    class NamedTuple(tuple, metaclass=_Defined):
        """A tuple with named fields: subclass it and annotate them."""

        __slots__ = ()
        _fields = ()
        _field_defaults = MappingProxyType({})
        _required = 0
        _places = MappingProxyType({})
        _blank = ()

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            """Return a tuple of the values; raise TypeError where one is missing or has no field."""
            if kwargs or len(args) != len(cls._fields):
                args = _completed(cls, args, kwargs)
            return tuple.__new__(cls, args)

        @classmethod
        def _make(cls, values: Any) -> Any:
            made = tuple.__new__(cls, values)
            if len(made) != len(cls._fields):
                msg = f"{cls.__name__} has {len(cls._fields)} fields, not {len(made)}"
                raise TypeError(msg)
            return made

        def _replace(self, /, **changes: Any) -> Any:
            made = self._make(map(changes.pop, self._fields, self))
            if changes:
                msg = f"{type(self).__name__} has no field {', '.join(changes)}"
                raise ValueError(msg)
            return made

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

        def __repr__(self) -> str:
            shown = ", ".join(
                f"{field}={value!r}" for field, value in zip(self._fields, self, strict=True)
            )
            return f"{type(self).__name__}({shown})"

    def _completed(cls: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """Return the values of all fields from arguments, keywords and defaults, or raise TypeError."""
        given = len(args)
        values = [*args, *cls._blank[given:]]
        places = cls._places
        for word, value in kwargs.items():
            place = places.get(word, -1)
            if place < given:
                raise _refusal(cls, args, kwargs)
            values[place] = value
        if given < cls._required and not all(
            map(kwargs.__contains__, cls._fields[given : cls._required])
        ):
            raise _refusal(cls, args, kwargs)
        if given > len(places):
            raise _refusal(cls, args, kwargs)
        return values

    def _refusal(cls: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> TypeError:
        fields = cls._fields
        if len(args) > len(fields):
            return TypeError(f"{cls.__name__} has {len(fields)} fields, not {len(args)}")
        rest = fields[len(args) :]
        foreign = [word for word in kwargs if word not in rest]
        absent = [
            field for field in rest if field not in kwargs and field not in cls._field_defaults
        ]
        what = f"lacks {', '.join(absent)}" if absent else f"takes no {', '.join(foreign)}"
        return TypeError(f"{cls.__name__} {what}")
