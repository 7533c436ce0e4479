"""What a hostile text may cost: the work grows with its length and no faster, and some of it has an end."""

from __future__ import annotations

import json
import sys
from types import FrameType
from typing import Any

import pytest
from torch_doctor.pastes.read import read_bytes, read_text
from torch_doctor.pastes.text.paste import Paste

from tests.bench import torture

SMALL, LARGE = 8_000, 32_000
FACTS = {"facts": {"driver_release": {"value": "580.65.06", "source": {"kind": "nvml"}}}}


def calls(data: bytes) -> int:
    """Count the calls of functions that reading *data* takes, those of the interpreter's own included."""
    count = 0

    def profile(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        read_bytes(data)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("kind", torture.KINDS)
def test_work_grows_with_the_text_and_no_faster(kind: str) -> None:
    small, large = torture.text(kind, SMALL), torture.text(kind, LARGE)
    for text in (small, large):
        read_bytes(text)  # what is compiled once is not counted

    # a constant part, then at most half as much again as the text grew
    assert calls(large) <= 4_000 + 1.5 * (LARGE / SMALL) * calls(small)


def test_lines_keep_their_numbers_behind_many_blank_ones() -> None:
    paste = Paste("first\n" + "\n" * 5000 + "last")

    assert paste.lines[-1] == "last"
    assert paste.number(len(paste.lines) - 1) == 5002
    assert len(paste.lines) < 10


def test_our_json_is_found_behind_a_document_that_has_no_end() -> None:
    text = f'{{"a": [1,\n{json.dumps(FACTS)}\n'

    assert read_text(text).value("driver_release").text == "580.65.06"


@pytest.mark.parametrize(
    "text",
    [
        '{"facts":' * 5000,
        "[" * 50_000 + '"source"',
        '\n{"source":[' + "0," * 1000,
        ('\n{"source":[' + "0," * 200) * 100,
        '{"source":' + "9" * 10_000 + "}",
        '{"facts": {"gpus": {"value": 3, "source": 4}}}',
    ],
)
def test_json_that_is_none_of_ours_is_read_as_text(text: str) -> None:
    assert read_text(text).value("driver_release") is None


def test_documents_within_documents_are_not_read_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = ('\n{"source":[' + "0," * 500) * 60
    read = 0
    decode = json.JSONDecoder.raw_decode

    def counted(self: json.JSONDecoder, s: str, idx: int = 0) -> tuple[Any, int]:
        nonlocal read
        try:
            return decode(self, s, idx)
        except json.JSONDecodeError as error:
            read += error.pos - idx
            raise

    monkeypatch.setattr(json.JSONDecoder, "raw_decode", counted)
    read_text(text)

    assert read <= 4 * len(text)
