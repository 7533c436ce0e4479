"""DLLs: which libraries they name, and that no bytes make the reader raise anything but PeError."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.binaries.pe import Pe, PeError

from tests.unit.binaries.dlls import dll

GOOD = dll("KERNEL32.dll", "cudart64_12.dll", delayed=("cublas64_12.dll", "KERNEL32.dll"))


def test_imports_at_once_and_when_first_called() -> None:
    assert Pe(GOOD).imports() == ("KERNEL32.dll", "cudart64_12.dll", "cublas64_12.dll")
    assert Pe(dll()).imports() == ()
    assert [section.name for section in Pe(GOOD).sections] == [".text", ".rdata"]


@pytest.mark.parametrize("data", [b"", b"MZ", b"MZ" + bytes(200), b"\x7fELF" + bytes(200)])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(PeError):
        Pe(data)


def test_the_head_of_a_file_names_its_sections_but_not_its_imports() -> None:
    head = Pe(GOOD[:512])
    assert head.sections == Pe(GOOD).sections
    with pytest.raises(PeError):
        head.imports()


@given(st.data())
def test_damage_raises_nothing_else(data: st.DataObject) -> None:
    damaged = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(damaged[: data.draw(st.integers(0, len(damaged)))])
    with suppress(PeError):
        Pe(cut).imports()


@given(st.binary(max_size=300))
def test_garbage_raises_nothing_else(data: bytes) -> None:
    with suppress(PeError):
        Pe(b"MZ" + data).imports()
