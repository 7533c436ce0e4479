"""The ELF reader: what it finds, and that no bytes make it raise anything but ElfError."""

from __future__ import annotations

import mmap
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.binaries.elf import Elf, ElfError, mapped, open_elf
from torch_doctor.binaries.torch_texts import compiled_arch_list, cxx11_abi, gencode_targets

from tests.unit.probes.env_trees import NEW_ABI, OLD_ABI, elf_bytes

GOOD = elf_bytes(
    rodata=b"\0sm_80 sm_90\0",
    needed=["libcudart.so.12", "libc.so.6"],
    rpath="$ORIGIN:/opt/lib",
    glibc=["GLIBC_2.17", "GLIBC_2.28"],
    symbols=[NEW_ABI],
)


def test_dynamic_section_is_read_through_the_program_headers() -> None:
    dynamic = Elf(GOOD).dynamic()
    assert dynamic.needed == ("libcudart.so.12", "libc.so.6")
    assert dynamic.rpath == ("$ORIGIN", "/opt/lib") and dynamic.runpath == ()
    assert dynamic.versions == ("GLIBC_2.17", "GLIBC_2.28")
    assert Elf(elf_bytes(runpath="/a")).dynamic().runpath == ("/a",)


def test_sections_and_their_absence() -> None:
    elf = Elf(GOOD)
    region = elf.section(".rodata")
    assert region is not None and GOOD[region.start : region.end] == b"\0sm_80 sm_90\0"
    assert elf.section(".nothing") is None
    without_table = GOOD[:40] + b"\0" * 8 + GOOD[48:60] + b"\0\0" + GOOD[62:]
    assert Elf(without_table).constants().end == len(GOOD)
    assert [str(t) for t in compiled_arch_list(Elf(without_table))] == ["sm_80", "sm_90"]


def test_a_cut_file_is_seen_as_cut() -> None:
    assert not Elf(GOOD).is_cut()
    assert Elf(GOOD[:-10]).is_cut()


@pytest.mark.parametrize(
    "data", [b"", b"\x7fELF", b"MZ" + b"\0" * 100, b"\x7fELF\x01\x01" + b"\0" * 100]
)
def test_other_files_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.so"
    path.write_bytes(data)
    with pytest.raises(ElfError), open_elf(path):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="FIFOs are of POSIX")
def test_a_fifo_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(ElfError), open_elf(tmp_path / "fifo"):
        pass


@pytest.mark.parametrize(
    ("symbol", "expected"), [(NEW_ABI, True), (OLD_ABI, False), ("other", None)]
)
def test_abi_by_the_name_of_the_error_class(symbol: str, expected: bool | None) -> None:
    assert cxx11_abi(Elf(elf_bytes(symbols=[symbol]))) is expected


READERS: tuple[Callable[[Elf], object], ...] = (
    Elf.dynamic,
    Elf.is_cut,
    compiled_arch_list,
    gencode_targets,
    cxx11_abi,
)


def _read_everything(data: bytes) -> None:
    for reader in READERS:
        try:
            reader(Elf(data))
        except ElfError:
            continue


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes(data: bytes, head: bool) -> None:
    _read_everything((GOOD[:64] if head else b"") + data)


@given(
    st.lists(
        st.tuples(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=8)), max_size=6
    ),
    st.integers(0),
)
def test_damaged_files(changes: list[tuple[int, bytes]], cut: int) -> None:
    data = bytearray(GOOD)
    for at, noise in changes:
        data[at : at + len(noise)] = noise
    _read_everything(bytes(data[: cut % (len(data) + 1)] if cut % 3 == 0 else data))


@pytest.mark.skipif(not hasattr(mmap, "MADV_RANDOM"), reason="this system takes no such advice")
@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="this system shows no maps")
def test_of_a_library_nothing_is_read_ahead(tmp_path: Path) -> None:
    """Beside each page that is touched the kernel reads up to 8 MiB, of files of gigabytes."""
    path = tmp_path / "library.so"
    path.write_bytes(elf_bytes())
    with mapped(path):
        maps = Path("/proc/self/smaps").read_text()
    flags = maps.partition(str(path))[2].partition("VmFlags:")[2].partition("\n")[0]
    assert "rr" in flags.split()
