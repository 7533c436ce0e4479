"""Closed lists behave as those of ``enum`` do, as far as the program asks."""

from __future__ import annotations

import copy
import enum
import json
import pickle
import sys
from typing import Any

import pytest
from torch_doctor.core.finding import Severity
from torch_doctor.core.light.words import IntEnum, StrEnum
from torch_doctor.core.report import Verdict


class Light(StrEnum):
    A = "one"
    B = "t-w-o"

    @property
    def short(self) -> str:
        return self.value[:1]


class Usual(str, enum.Enum):
    A = "one"
    B = "t-w-o"

    @property
    def short(self) -> str:
        return self.value[:1]


class Small(IntEnum):
    LOW = 0
    HIGH = 7

    @classmethod
    def parse(cls, text: str) -> Small:
        return cls[text.upper()]


class UsualSmall(enum.IntEnum):
    LOW = 0
    HIGH = 7

    @classmethod
    def parse(cls, text: str) -> UsualSmall:
        return cls[text.upper()]


def traits(kind: Any, value: Any) -> list[Any]:
    member = kind(value)
    name = kind.__name__
    # Python 3.10 writes its own otherwise than all that came after it.
    written = [str(member), f"{member}"] if sys.version_info >= (3, 11) else []
    return [
        *(text.replace(name, "") for text in written),
        *(member.name, member.value, repr(member).replace(name, ""), json.dumps([member])),
        *(member == value, member in kind, kind[member.name] is member),
        *([one.value for one in kind], list(kind.__members__), len(kind), bool(member)),
        *(isinstance(member, type(value)), min(kind).name, {value: 1}.get(member.value)),
    ]


@pytest.mark.parametrize("value", ["one", "t-w-o"])
def test_words_tell_what_the_usual_ones_tell(value: str) -> None:
    assert traits(Light, value) == traits(Usual, value)
    assert Light(value).short == Usual(value).short


@pytest.mark.parametrize("value", [0, 7])
def test_numbers_tell_what_the_usual_ones_tell(value: int) -> None:
    assert traits(Small, value) == traits(UsualSmall, value)
    assert Small.parse("high") - Small(value) == UsualSmall.parse("high") - UsualSmall(value)
    assert max(Small).name == max(UsualSmall).name


@pytest.mark.parametrize("member", [Verdict.CPU_ONLY, Severity.WARNING])
def test_there_is_one_of_each_member(member: Any) -> None:
    copies = (copy.copy(member), copy.deepcopy([member])[0], pickle.loads(pickle.dumps(member)))

    assert all(one is member for one in (*copies, type(member)(member.value), type(member)(member)))
    assert {member: 1}[member.value] == 1


@pytest.mark.parametrize("kind", [Light, Usual, Small, UsualSmall])
def test_what_is_no_member_is_refused(kind: Any) -> None:
    for value in ("none", 3, [], None):
        with pytest.raises(ValueError, match="is not a valid"):
            kind(value)
    with pytest.raises(KeyError):
        kind["NONE"]
