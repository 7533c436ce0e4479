"""Fat binaries: which targets are found, and that no bytes make the reader raise or read differently in pieces."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.binaries.elf import Elf
from torch_doctor.binaries.fatbin import (
    FatBinary,
    gpu_code,
    in_bytes,
    in_library,
    in_stream,
    loadable,
)

from tests.unit.binaries.fat_binaries import container, entry
from tests.unit.online.server import elf

TWO = container(
    entry("sm_75"),
    entry("sm_90a", compression="lz4"),
    entry("sm_100f", more=bytes(48)),
    entry("compute_120", b"ptx", compression="zstd"),
) + container(entry("sm_8", b""), entry("sm_80"))
WHOLE = b"x" * 100 + container(entry("sm_80"), entry("sm_120")) + bytes(24) + TWO


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def test_targets_with_their_suffixes() -> None:
    first, second = in_bytes(TWO)
    assert [(c.kind, c.target, c.compression) for c in first.codes] == [
        ("cubin", "sm_75", None),
        ("cubin", "sm_90a", "lz4"),
        ("cubin", "sm_100f", None),
        ("ptx", "compute_120", "zstd"),
    ]
    assert not first.damaged and first.codes[0].isa == (1, 8)
    assert TWO[first.codes[3].offset :][: first.codes[3].size] == b"ptx"
    assert (second.offset, second.damaged, second.codes) == (first.size, True, ())


def test_sums_over_containers() -> None:
    linked = entry("compute_90", kind="lto-ir")
    code = gpu_code(in_bytes(WHOLE + container(linked, entry("sm_103"))))
    assert code.archs == ("sm_75", "sm_80", "sm_90a", "sm_100f", "sm_103", "sm_120")
    assert (code.ptx, code.lto) == (("compute_120",), ("compute_90",))
    assert (code.containers, code.damaged) == (3, 1)
    assert dict(code.holding)["sm_80"] == 1 and code.built_for()
    assert gpu_code(()) == ((), (), (), 0, 0, ())


def test_a_library_is_built_for_what_more_than_an_eighth_of_its_containers_have() -> None:
    most = container(entry("sm_80"), entry("compute_80"))
    few = container(entry("sm_80"), entry("sm_52"))
    assert gpu_code(in_bytes(most * 6 + few)).built_for() == ("sm_52", "sm_80", "compute_80")
    code = gpu_code(in_bytes(most * 7 + few))
    assert code.built_for() == ("sm_80", "compute_80")
    assert dict(code.holding) == {"sm_52": 1, "sm_80": 8, "compute_80": 7}


def test_a_kind_that_is_not_known_has_a_number() -> None:
    strange = bytearray(entry("compute_121"))
    struct.pack_into("<H", strange, 0, 64)
    (found,) = in_bytes(container(bytes(strange)))
    assert [code.kind for code in found.codes] == ["kind-64"]
    assert gpu_code((found,)).ptx == ()


def test_the_sections_of_a_library_alone_are_read() -> None:
    assert list(in_library(Elf(elf(container(entry("sm_80")))))) == []
    library = elf(b"\0" + container(entry("sm_80")), section=".nv_fatbin")
    assert gpu_code(in_library(Elf(library))).archs == ("sm_80",)


def test_what_a_driver_can_load_comes_from_all_over_a_library() -> None:
    usual = [entry("sm_80"), entry("sm_90")]
    special = container(entry("sm_90a"))
    large = container(*usual, entry("sm_120", bytes(5000)))
    parts = [special, *[container(*usual)] * 50, large, *[container(*usual)] * 49]
    data = elf(b"".join(parts), section=".nv_fatbin")

    found = loadable(Elf(data), 4, 4096)

    assert len(found) == 4
    assert {code.target for one in found for code in one.codes} == {"sm_80", "sm_90"}
    assert found[-1].offset - found[0].offset > len(data) / 2
    for one in found:
        assert next(in_bytes(data[one.offset : one.offset + one.size])).codes


def test_fewer_containers_than_are_wanted_are_all_that_there_are() -> None:
    data = elf(container(entry("sm_80")) * 3, section=".nv_fatbin")
    assert len(loadable(Elf(data), 12, 4096)) == 3
    assert loadable(Elf(elf(b"nothing")), 12, 4096) == ()
    assert loadable(Elf(elf(b"nothing", section=".nv_fatbin")), 12, 4096) == ()


@given(st.binary(max_size=400))
def test_what_a_driver_can_load_lies_within_the_file(noise: bytes) -> None:
    data = elf(container(entry("sm_80")) + noise, section=".nv_fatbin")
    for one in loadable(Elf(data), 4, 4096):
        assert one.offset + one.size <= len(data)


@pytest.mark.parametrize("size", [1, 3, 16, 64, 1000, 1 << 20])
def test_a_stream_says_what_the_whole_says(size: int) -> None:
    assert list(in_stream(pieces(WHOLE, size))) == list(in_bytes(WHOLE))


def test_the_number_alone_is_no_container() -> None:
    number = struct.pack("<I", 0xBA55ED50)
    noise = number + b"\x0f\x85\x00\x00" + bytes(8) + number * 3
    assert list(in_bytes(noise)) == []
    assert [f.offset for f in in_bytes(noise + container(entry("sm_80")))] == [len(noise)]


def test_a_large_gap_is_stepped_over_and_not_kept() -> None:
    def parts() -> list[bytes]:
        code = container(entry("sm_80", bytes(3 << 20)), entry("sm_90"))
        return pieces(code, 1 << 16)

    assert gpu_code(in_stream(parts())).archs == ("sm_80", "sm_90")


@given(st.binary(max_size=400), st.integers(1, 64))
def test_garbage_is_read_alike_in_pieces_and_never_raises(data: bytes, size: int) -> None:
    assert list(in_stream(pieces(data, size))) == list(in_bytes(data))


@given(st.data())
def test_damaged_containers_never_raise(data: st.DataObject) -> None:
    damaged = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at] = data.draw(st.integers(0, 255))
    cut = bytes(damaged[: data.draw(st.integers(0, len(damaged)))])
    found = list(in_bytes(cut))
    assert found == list(in_stream(pieces(cut, data.draw(st.integers(1, 200)))))
    assert all(_inside(binary, cut) for binary in found)


def _inside(found: FatBinary, data: bytes) -> bool:
    ends = [code.offset + code.size for code in found.codes]
    return all(found.offset < end <= len(data) for end in ends)
