"""ld.so.cache and the loader's order."""

from __future__ import annotations

import struct
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.probes.host.port import LiveHost
from torch_doctor.probes.torch import loader

LIB64, LIB32 = 0x0303, 0x0003


def cache_bytes(entries: list[tuple[int, str, str]], *, old: int = 0) -> bytes:
    """Write a glibc-ld.so.cache1.1, behind *old* entries of the old format where asked."""
    prefix = b""
    if old:
        prefix = b"ld.so-1.7.0\0" + struct.pack("<I", old) + b"\0" * 12 * old
        prefix += b"\0" * (-len(prefix) % 8)
    strings, table = b"", b""
    base = 48 + 24 * len(entries)
    for flags, name, path in entries:
        key = base + len(strings)
        strings += name.encode() + b"\0"
        value = base + len(strings)
        strings += path.encode() + b"\0"
        table += struct.pack("<iIIIQ", flags, key, value, 0, 0)
    header = b"glibc-ld.so.cache1.1" + struct.pack("<II", len(entries), len(strings)) + b"\0" * 20
    return prefix + header + table + strings


def test_names_and_paths_in_the_order_of_the_cache() -> None:
    entries = [
        (LIB64, "libcuda.so.1", "/usr/lib/x86_64-linux-gnu/libcuda.so.1"),
        (LIB32, "libcuda.so.1", "/usr/lib/i386-linux-gnu/libcuda.so.1"),
        (0x0A03, "libcudart.so.12", "/usr/local/cuda/lib64/libcudart.so.12"),
    ]
    expected = [(name, path) for flags, name, path in entries if flags != LIB32]
    assert loader.parse(cache_bytes(entries)) == expected
    assert loader.parse(cache_bytes(entries, old=3)) == expected


def test_a_cut_cache_yields_what_is_there() -> None:
    data = cache_bytes([(LIB64, "liba.so", "/a/liba.so"), (LIB64, "libb.so", "/b/libb.so")])
    assert loader.parse(data[:-4]) == [("liba.so", "/a/liba.so")]
    assert loader.parse(data[:50]) == []


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_parsed(data: bytes, magic: bool) -> None:
    assert isinstance(loader.parse((b"glibc-ld.so.cache1.1" if magic else b"") + data), list)


@given(st.integers(0, 200), st.binary(min_size=1, max_size=8))
def test_a_damaged_cache_never_raises(at: int, noise: bytes) -> None:
    data = cache_bytes([(LIB64, "libcuda.so.1", "/x/libcuda.so.1")], old=2)
    loader.parse(data[:at] + noise + data[at + len(noise) :])


def _host(root: Path, environ: dict[str, str], *paths: str) -> LiveHost:
    for path in paths:
        file = root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")
    return LiveHost(str(root), environ)


def test_order_of_places(tmp_path: Path) -> None:
    name = "libcudnn.so.9"
    places = ("/rpath", "/env", "/cached", "/usr/lib64")
    host = _host(tmp_path, {"LD_LIBRARY_PATH": ":relative:/env/"}, *(f"{p}/{name}" for p in places))
    cache = [(name, f"/cached/{name}"), (name, "/gone/x")]
    with_rpath = [c.via for c in loader.candidates(host, name, rpath=("/rpath",), cache=cache)]
    assert with_rpath == ["RPATH", "LD_LIBRARY_PATH", "ld.so.cache", "default directories"]
    with_runpath = loader.candidates(host, name, runpath=("/rpath",), rpath=("/env",), cache=cache)
    assert [(c.path, c.via) for c in with_runpath][:2] == [
        (f"/env/{name}", "LD_LIBRARY_PATH"),
        (f"/rpath/{name}", "RUNPATH"),
    ]


def test_one_file_through_two_links_is_one_candidate(tmp_path: Path) -> None:
    host = _host(tmp_path, {"LD_LIBRARY_PATH": "/a:/b"}, "/real/libcuda.so.1")
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "libcuda.so.1").symlink_to("../real/libcuda.so.1")
    assert [c.path for c in loader.candidates(host, "libcuda.so.1", cache=[])] == [
        "/a/libcuda.so.1"
    ]


def test_no_cache_is_no_entries(tmp_path: Path) -> None:
    assert loader.cache_entries(LiveHost(str(tmp_path), {})) == []
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/ld.so.cache").write_bytes(
        cache_bytes([(LIB64, "libz.so.1", "/lib/libz.so.1")])
    )
    assert loader.cache_entries(LiveHost(str(tmp_path), {})) == [("libz.so.1", "/lib/libz.so.1")]
