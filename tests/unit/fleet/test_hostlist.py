"""Lists of nodes in the short form, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.fleet.hostlist import folded, unfolded


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["node001", "node002", "node003"], "node[001-003]"),
        (["node003", "node001"], "node[001,003]"),
        (["node9", "node10", "node11"], "node[9-11]"),
        (["node099", "node100"], "node[099-100]"),
        (["node09", "node10", "node9"], "node[9,09-10]"),
        (["n1.example.org", "n2.example.org"], "n[1-2].example.org"),
        (["ip-10-0-3-17", "ip-10-0-3-18"], "ip-10-0-3-[17-18]"),
        (["login", "gpu1"], "gpu1,login"),
        (["a1-ib", "a2-ib"], "a[1-2]-ib"),
        ([], ""),
    ],
)
def test_names_are_folded(names: list[str], short: str) -> None:
    assert folded(names) == short
    assert sorted(unfolded(short)) == sorted(names)


@given(
    st.lists(st.from_regex(r"[a-z]{1,3}-?[0-9]{0,4}[a-z]{0,2}(\.x1)?", fullmatch=True), unique=True)
)
def test_what_is_folded_is_unfolded(names: list[str]) -> None:
    assert sorted(unfolded(folded(names))) == sorted(names)


@pytest.mark.parametrize(
    "text", ["node[1-", "node[a-b]", "node[3-1]", "[", "a]b", "n[1-9999999999]"]
)
def test_brackets_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no "):
        list(unfolded(text))


def test_a_list_may_stand_over_lines() -> None:
    assert list(unfolded("a1, a2\n b[1-2],c")) == ["a1", "a2", "b1", "b2", "c"]
