"""Text from outside cannot act on a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.text import listing, one_line, pci_place, plural, visible


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b]52;c;eA==\x07", "\\x1b]52;c;eA==\\x07"),
        ("a\u202eb", "a\\u202eb"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("\x9b31m", "\\x9b31m"),
        ("\r\n", "\\x0d\n"),
        ("\ud800", "\\ud800"),
    ],
)
def test_controls_become_visible(hostile: str, shown: str) -> None:
    assert visible(hostile) == shown


@given(st.text(st.characters()))
def test_what_is_left_is_harmless_and_encodable(text: str) -> None:
    safe = visible(text)

    assert not any(ord(c) < 0x20 and c not in "\n\t" for c in safe)
    safe.encode("utf-8")
    assert "\n" not in one_line(text)


def test_long_text_is_cut_and_says_so() -> None:
    assert visible("x" * 5000, 10) == "xxxxxxxxxx… (4990 more characters)"


def test_words() -> None:
    assert [plural(1, "GPU"), plural(3, "GPU")] == ["1 GPU", "3 GPUs"]
    assert listing(["a", "b", "c"]) == "a, b and c"
    assert listing(["a"]) == "a"


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("0000:18:00", "0000:18:00.0"),
        ("00000000:AF:00.0", "0000:af:00.0"),
        ("00020000:01:00.0", "00020000:01:00.0"),
        ("nowhere", "nowhere"),
    ],
)
def test_a_place_on_the_bus_is_written_as_the_kernel_writes_it(written: str, place: str) -> None:
    assert pci_place(written) == place
