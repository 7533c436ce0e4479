"""Texts that are cut short, mistyped or told in other words find the errors that they mean; other talk finds none."""

from __future__ import annotations

import pytest
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.topics.find import near

MATRIX = load_matrix()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("RuntimeError: CUDA error: no kernel image is avail", "no kernel image is available"),
        ("no kenrel image is availble", "no kernel image is available"),
        ("no image of that kernel is available", "no kernel image is available"),
        ("device-side assert", "device-side assert triggered"),
        ("unspecified lauch failure", "unspecified launch failure"),
        ("uncorrectible ECC error", "uncorrectable ECC error encountered"),
        ("Atempting to deserialise object on a CUDA devise", "Attempting to deserialize object"),
        ("PTX compiled with unsuported toolchain", "the provided PTX was compiled"),
        ("illegal memory acess was encounterd", "an illegal memory access was encountered"),
    ],
)
def test_the_error_that_was_meant_is_first(typed: str, meant: str) -> None:
    assert near(typed, MATRIX, {})[0].startswith(meant)


@pytest.mark.parametrize(
    "typed",
    [
        "my cat is on the mat",
        "the weather in Paris is fine today",
        "please tell me why training takes so long",
        "the driver is sad",
    ],
)
def test_other_talk_finds_none(typed: str) -> None:
    assert near(typed, MATRIX, {}) == []
