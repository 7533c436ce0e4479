"""Whatever the encoding, something readable is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.render.formats.text import render
from torch_doctor.render.text.glyphs import fit

from tests.golden.reports import REPORTS


def test_signs_have_ascii_forms() -> None:
    assert fit("✓ 8× H100 → …", "ascii") == "+ 8x H100 -> ..."
    assert fit("✓ 8× H100", "utf-8") == "✓ 8× H100"


def test_an_encoding_that_has_some_signs_loses_none_of_them() -> None:
    assert fit("8× H100", "cp1252") == "8× H100"
    assert fit("日", "cp1252") == "\\u65e5"


def test_an_unknown_encoding_is_taken_for_ascii() -> None:
    assert fit("✓", "no-such-encoding") == "+"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "latin-1", "utf-8", "gbk"])
@pytest.mark.parametrize("name", REPORTS)
def test_every_report_can_be_written(name: str, encoding: str) -> None:
    fit(render(REPORTS[name](), verbose=True), encoding).encode(encoding)


@given(st.text(), st.sampled_from(["ascii", "cp1252", "utf-8", "gbk"]))
def test_any_text_can_be_written(text: str, encoding: str) -> None:
    fit(text, encoding).encode(encoding)
