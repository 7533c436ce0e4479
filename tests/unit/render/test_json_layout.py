"""The JSON that is laid out by hand is, byte for byte, the standard library's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.render.formats.json import dump

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    PLAIN | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(st.dictionaries(st.text(), VALUES), st.sampled_from([None, 1, 2, 4]))
def test_it_is_the_standard_layout(value: dict[str, Any], indent: int | None) -> None:
    assert dump(value, indent=indent) == json.dumps(value, indent=indent, allow_nan=False) + "\n"


@pytest.mark.parametrize("indent", [None, 2])
def test_what_json_cannot_say_is_refused(indent: int | None) -> None:
    with pytest.raises(ValueError, match="JSON"):
        dump({"share": float("nan")}, indent=indent)
