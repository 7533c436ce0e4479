"""A version as it is typed means what PEP 440 makes of it, whether its reader is imported or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from torch_doctor.recommendation.question.constraints import _spec

NUMBER = st.integers(min_value=0, max_value=12)


@given(
    typed=st.lists(NUMBER, min_size=2, max_size=3),
    version=st.lists(NUMBER, min_size=2, max_size=4),
    tail=st.sampled_from(("", "", ".post1", "a0", "rc1")),
)
def test_plain_numbers_mean_what_a_range_would(
    typed: list[int], version: list[int], tail: str
) -> None:
    text, other = ".".join(map(str, typed)), ".".join(map(str, version)) + tail
    meant = SpecifierSet(f"=={text}" if len(typed) == 3 else f"=={text}.*")

    assert _spec("--x", text, "").allows(other) == meant.contains(other, prereleases=True)


@pytest.mark.parametrize(
    ("text", "takes"), [("2", True), (">=2.6,<2.9", True), ("!=2.8.0", False), ("~=2.8.0", True)]
)
def test_ranges_are_ranges(text: str, takes: bool) -> None:
    assert _spec("--x", text, "").allows("2.8.0") is takes
