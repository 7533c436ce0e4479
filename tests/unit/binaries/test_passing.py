"""Libraries that come piece by piece: what is kept says what the whole says."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.binaries.elf import Elf, ElfError
from torch_doctor.binaries.passing import passing
from torch_doctor.binaries.pe import Pe

from tests.unit.binaries.dlls import dll
from tests.unit.binaries.fat_binaries import container, entry
from tests.unit.probes.env_trees import elf_bytes

CODE = container(entry("sm_80", b"code" * (5 << 20)))
LIBRARY = elf_bytes(needed=["libcudart.so.13"], glibc=["GLIBC_2.28"], symbols=["a"]) + CODE


@pytest.mark.parametrize("size", [1 << 16, 1 << 20])
def test_the_loaders_table_is_kept_and_code_is_not(size: int) -> None:
    pieces = [LIBRARY[at : at + size] for at in range(0, len(LIBRARY), size)]
    with passing(len(LIBRARY)) as kept:
        assert list(kept.through(iter(pieces))) == pieces
        elf = Elf(kept.data)
        region, there = elf.names(), Elf(LIBRARY).names()
        assert elf.dynamic() == Elf(LIBRARY).dynamic() and region == there
        assert kept.needs_until == 0
        assert CODE[-100:] not in (kept.data[-100:], bytes(100))


def test_names_behind_too_much_code_are_seen_to_be_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("torch_doctor.binaries.passing._FIRST", 1 << 20)
    monkeypatch.setattr("torch_doctor.binaries.passing._KEPT", 1 << 20)
    library = elf_bytes(rodata=CODE, needed=["libcudart.so.13"])
    with passing(len(library)) as kept:
        for _ in kept.through([library]):
            pass
        assert Elf(kept.data).dynamic().needed == ("",)


def test_the_tables_of_a_dll_are_kept() -> None:
    library = dll("cudart64_13.dll", code=bytes(20 << 20))
    with passing(len(library)) as kept:
        for _ in kept.through([library[:4096], library[4096:]]):
            pass
        assert Pe(kept.data).imports() == ("cudart64_13.dll",)
        assert kept.needs_until == len(library)


def test_a_library_that_ends_early_or_late_is_no_error() -> None:
    for size in (10, len(LIBRARY) - 100, len(LIBRARY) + 100, 0):
        with passing(size) as kept:
            assert b"".join(kept.through([LIBRARY])) == LIBRARY


@given(st.lists(st.binary(max_size=200), max_size=5), st.integers(0, 400))
def test_garbage_is_passed_on(parts: list[bytes], size: int) -> None:
    with passing(size) as kept:
        assert list(kept.through(parts)) == parts
        with suppress(ElfError):
            Elf(kept.data).dynamic()
