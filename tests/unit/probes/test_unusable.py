"""Files of a library's name that are none, before the right one on the loader's path."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.core.fact import Known, Reason
from torch_doctor.probes.driver import unusable

from tests.unit.probes.test_wheel_files import LIBRARY
from tests.unit.probes.tree import make, reason

GCC = Path("/lib/x86_64-linux-gnu/libgcc_s.so.1")


def asked(root: Path, **environ: str) -> dict[str, Any]:
    found = dict(unusable.probe(make(root, {}, environ=environ)))
    assert set(found) == set(unusable.OWNS)
    return found


@pytest.mark.parametrize("content", ["", "no library\n"])
def test_a_stray_file_in_front(tmp_path: Path, content: str) -> None:
    make(tmp_path, {"/stray/libcuda.so.1": content, "/stray/libnvidia-ml.so.1": content})
    fact = asked(tmp_path, LD_LIBRARY_PATH="/stray")["libraries_unusable"]
    assert isinstance(fact, Known)
    assert fact.value == (
        "/stray/libcuda.so.1 is no library",
        "/stray/libnvidia-ml.so.1 is no library",
    )


def test_only_the_first_of_a_name_counts(tmp_path: Path) -> None:
    make(tmp_path, {"/usr/lib64/libcuda.so.1": ""})
    (tmp_path / "good").mkdir()
    shutil.copy(LIBRARY, tmp_path / "good" / "libcuda.so.1")
    fact = asked(tmp_path, LD_LIBRARY_PATH="/good")["libraries_unusable"]
    assert isinstance(fact, Known)
    assert fact.value == ()


def test_the_loader_looks_past_a_library_of_32_bits(tmp_path: Path) -> None:
    make(tmp_path, {"/old/x": "", "/stray/libcuda.so.1": ""})
    (tmp_path / "old" / "libcuda.so.1").write_bytes(b"\x7fELF\x01\x01\x01" + bytes(60))
    fact = asked(tmp_path, LD_LIBRARY_PATH="/old:/stray")["libraries_unusable"]
    assert isinstance(fact, Known)
    assert fact.value == ("/stray/libcuda.so.1 is no library",)


def test_a_folder_is_no_library(tmp_path: Path) -> None:
    make(tmp_path, {"/stray/libcuda.so.1/x": ""})
    fact = asked(tmp_path, LD_LIBRARY_PATH="/stray")["libraries_unusable"]
    assert isinstance(fact, Known)
    assert fact.value == ("/stray/libcuda.so.1 is no library",)


def test_the_cxx_runtime_that_comes_first(tmp_path: Path) -> None:
    make(tmp_path, {"/usr/lib64/x": ""})
    (tmp_path / "own").mkdir()
    shutil.copy(LIBRARY, tmp_path / "own" / "libstdc++.so.6")
    fact = asked(tmp_path, LD_LIBRARY_PATH="/own")["cxx_runtime"]
    assert isinstance(fact, Known)
    assert (fact.value.path, fact.value.found_via) == ("/own/libstdc++.so.6", "LD_LIBRARY_PATH")
    assert fact.value.version is None  # it is another library under that name
    preloaded = asked(tmp_path, LD_PRELOAD="/own/libstdc++.so.6")["cxx_runtime"]
    assert isinstance(preloaded, Known)
    assert preloaded.value.found_via == "LD_PRELOAD"


def test_the_libgcc_that_comes_first(tmp_path: Path) -> None:
    make(tmp_path, {"/own/libgcc_s.so.1": "\x7fELF", "/usr/lib64/x": ""})
    hollow = asked(tmp_path, LD_LIBRARY_PATH="/own")["gcc_runtime"]
    assert isinstance(hollow, Known)
    assert (hollow.value.version, hollow.value.found_via) == (None, "LD_LIBRARY_PATH")


@pytest.mark.skipif(not GCC.exists(), reason="this system has its libgcc_s elsewhere")
def test_the_version_of_libgcc_is_without_its_zeros(tmp_path: Path) -> None:
    make(tmp_path, {"/usr/lib64/x": ""})
    (tmp_path / "own").mkdir()
    shutil.copy(GCC, tmp_path / "own" / "libgcc_s.so.1")
    fact = asked(tmp_path, LD_PRELOAD="/own/libgcc_s.so.1")["gcc_runtime"]
    assert isinstance(fact, Known)
    assert int(fact.value.version) >= 7


def test_without_any(tmp_path: Path) -> None:
    found = asked(tmp_path)
    assert reason(found["cxx_runtime"]) is Reason.NOT_PRESENT


def test_another_system(tmp_path: Path) -> None:
    found = dict(unusable.probe(make(tmp_path, {}, sys_platform="win32")))
    assert {reason(fact) for fact in found.values()} == {Reason.NOT_APPLICABLE}
