"""What must hold of every row of companion_builds, and what is known of some of them from elsewhere."""

from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from torch_doctor.matrix.builds.query import builds_of, cuda_majors

from tests.unit.matrix.rows import bad, matrix, rows


def test_every_row_comes_from_the_release_that_it_describes() -> None:
    wrong = [
        row
        for row in rows("companion_builds")
        if row.origin.source != f"pypi:{row.package}=={row.version}" and not row.index_url
    ]
    assert bad("companion_builds", wrong) == []


def test_what_no_index_has_is_the_source_of_its_makers() -> None:
    elsewhere = [row for row in rows("companion_builds") if row.index_url]
    wrong = [
        row
        for row in elsewhere
        if row.abi != "source" or row.index_url.split("/")[3:5] != row.origin.source.split("/")[3:5]
    ]
    assert {row.package for row in elsewhere} == {"detectron2", "pytorch3d"}
    assert bad("companion_builds", wrong) == []


def test_what_was_not_measured_is_left_out_together() -> None:
    wrong = [
        row
        for row in rows("companion_builds")
        if (row.archs is None) != (row.ptx is None)
        or (row.archs is None) != (row.partial is None)
        or (row.abi == "source" and (row.needs, row.archs) != (None, None))
        or (row.needs is None and row.origin.how != "metadata")
    ]
    assert bad("companion_builds", wrong) == []


def test_code_is_listed_once_and_under_its_kind() -> None:
    wrong = [
        row
        for row in rows("companion_builds")
        if {*(row.archs or ()), *(row.ptx or ())} & {*(row.partial or ())}
        or not all(target.startswith("sm_") for target in row.archs or ())
        or not all(target.startswith("compute_") for target in row.ptx or ())
    ]
    assert bad("companion_builds", wrong) == []


def test_tags_of_other_platforms_are_not_mixed_in() -> None:
    wrong = [
        row
        for row in rows("companion_builds")
        if (row.platform.startswith("linux") and not row.glibc)
        or (row.platform.startswith("windows") and row.glibc)
        or any(name.endswith(".dll") != row.platform.startswith("windows") for name in row.needs or ())
        or (row.abi != "source") != bool(row.python_tags)
    ]  # fmt: skip
    assert bad("companion_builds", wrong) == []


def test_both_tables_of_companions_say_the_same() -> None:
    """A release in both: the torch that its metadata pins, the Pythons, the day."""
    wrong = []
    for row in rows("companions"):
        for build in builds_of(matrix(), row.package, row.version):
            pins = row.package not in ("triton", "triton-windows") and row.pinned
            if pins and SpecifierSet(row.torch or "") != SpecifierSet(build.torch or ""):
                wrong.append(build)
            if row.requires_python and SpecifierSet(row.requires_python) != SpecifierSet(
                build.requires_python or ""
            ):
                wrong.append(build)
    assert bad("companion_builds", wrong) == []


# Package → (the last release for CUDA 12, the first for CUDA 13) on Linux x86_64.
TURNS = {
    "torchvision": ("0.25.0", "0.26.0"),
    "torchaudio": ("2.10.0", "2.11.0"),
    "torchao": ("0.16.0", "0.17.0"),
    "vllm": ("0.19.1", "0.20.0"),
    "sglang-kernel": ("0.4.1.post1", "0.4.2"),
}


@pytest.mark.parametrize("package", TURNS)
def test_where_a_package_goes_on_to_cuda_13(package: str) -> None:
    last, first = map(Version, TURNS[package])
    majors = {
        Version(row.version): cuda_majors(row)
        for row in rows("companion_builds")
        if row.package == package and row.platform == "linux-x86_64" and row.needs
    }
    assert {12} == {
        major for version in majors if version <= last for major in majors[version] or ()
    }
    assert {13} == {major for version in majors if version >= first for major in majors[version] or ()}  # fmt: skip


@pytest.mark.parametrize(
    ("version", "major"),
    [("0.0.33", 13), ("0.0.33.post1", 12), ("0.0.33.post2", 12), ("0.0.34", 12), ("0.0.35", 12)],
)
def test_a_release_is_not_like_its_neighbours(version: str, major: int) -> None:
    (found,) = (
        row for row in builds_of(matrix(), "xformers", version) if row.platform == "linux-x86_64"
    )
    assert cuda_majors(found) == (major,)


@pytest.mark.parametrize(
    ("package", "version", "first"),
    [
        ("vllm", "0.33.0", "sm_75"),
        ("vllm", "0.20.2", "sm_75"),
        ("vllm", "0.19.1", "sm_70"),
        ("xformers", "0.0.30", "sm_60"),
        ("xformers", "0.0.35", "sm_75"),
    ],
)
def test_the_oldest_gpu_that_a_build_has_code_for(package: str, version: str, first: str) -> None:
    (found,) = (
        row for row in builds_of(matrix(), package, version) if row.platform == "linux-x86_64"
    )
    assert found.archs is not None and found.archs[0] == first


def test_vllm_pins_its_companions_exactly() -> None:
    for version, vision, audio in (("0.33.0", "0.29.0", "2.11.0"), ("0.19.1", "0.25.0", "2.10.0")):
        for row in builds_of(matrix(), "vllm", version):
            pins = dict(row.pins)
            assert (pins["torchvision"], pins["torchaudio"]) == (vision, audio)


def test_torchaudio_goes_on() -> None:
    (found,) = (
        row for row in builds_of(matrix(), "torchaudio", "2.11.1") if row.platform == "linux-x86_64"
    )
    assert (found.torch, found.abi, found.released) == (">=2.11", "none", "2026-10-28")


def test_torchtext_ended() -> None:
    newest = max(
        (row for row in rows("companion_builds") if row.package == "torchtext"),
        key=lambda row: Version(row.version),
    )
    assert (newest.version, newest.torch) == ("0.18.0", ">=2.3.0")
