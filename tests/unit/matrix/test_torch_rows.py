"""What must hold of every row on torch and its builds. A bad row is one red test that names itself."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from torch_doctor.core.version import CudaVersion, SmTarget
from torch_doctor.matrix.query import release_key

from tests.unit.matrix.rows import bad, rows

PLATFORMS = ("linux-x86_64", "linux-aarch64", "windows-x86_64")


@pytest.mark.parametrize("row", rows("torch_releases"), ids=lambda row: row.version)
def test_release(row: Any) -> None:
    builds = {(b.variant, b.platform): b for b in rows("torch_builds") if b.torch == row.version}

    served = [platform for platform, _ in row.pypi]
    assert served == [platform for platform in PLATFORMS if platform in served]
    assert {(variant, platform) for platform, variant in row.pypi} == {
        key for key, build in builds.items() if build.on_pypi
    }
    assert dict(row.pypi).get("windows-x86_64", "cpu") == "cpu", (
        "PyPI has never served a CUDA build for Windows"
    )
    assert row.released
    if release_key(row.version) < (1, 12):
        return  # the first releases were not built for every platform, nor named their commit
    assert served == list(PLATFORMS)
    assert row.git_version
    for platform in PLATFORMS:
        assert ("cpu", platform) in builds
        assert (
            any(p == platform and b.cuda for (_, p), b in builds.items())
            or platform == "linux-aarch64"
        )


@pytest.mark.parametrize("release", [row.version for row in rows("torch_releases")])
def test_builds_of_a_release(release: str) -> None:
    builds = [row for row in rows("torch_builds") if row.torch == release]
    key = release_key(release)
    wrong: dict[str, list[Any]] = defaultdict(list)
    for row in builds:
        if row.platform == "linux-x86_64" and row.glibc not in ("2.17", "2.28"):
            wrong["glibc is known"].append(row)
        if row.platform == "linux-x86_64" and row.cxx11_abi != (row.glibc == "2.28"):
            wrong["the new C++ ABI came with glibc 2.28"].append(row)
        if key >= (2, 7) and row.platform != "windows-x86_64" and row.glibc != "2.28":
            wrong["glibc 2.28 from torch 2.7 on"].append(row)
        if row.platform == "windows-x86_64" and (row.glibc or row.cxx11_abi is not None):
            wrong["Windows has no glibc"].append(row)
        if row.index_url and not row.index_url.endswith(f"/{row.variant}"):
            wrong["the index is that of the variant"].append(row)
        if not row.python_tags:
            wrong["Python tags are known"].append(row)
        older = key >= (1, 12) and row.cuda and CudaVersion.parse(row.cuda) < CudaVersion(12, 8)
        if older and row.platform.startswith("linux") and row.ptx != ():
            wrong["no Linux wheel before cu128 has PTX"].append(row)
        if key >= (1, 6) and row.on_pypi and row.ptx != ():
            wrong["no wheel of PyPI has PTX"].append(row)
        if row.status != "published" and row.origin.confidence == "high":
            wrong["what is not published is not certain"].append(row)
    assert {why: bad("torch_builds", found) for why, found in wrong.items()} == {}


def test_arch_lists_are_sorted_and_complete() -> None:
    wrong = []
    for row in rows("torch_builds"):
        targets = [SmTarget.parse(text) for text in row.archs or ()]
        if targets != sorted(targets) or len(set(targets)) != len(targets):
            wrong.append(row)
    assert bad("torch_builds", wrong) == []


FACTS = [
    # Each is known from the wheel itself or from the notice that announced it.
    ("2.7.1", "cu128", "sm_70", False),
    ("2.8.0", "cu128", "sm_70", True),
    ("2.10.0", "cu128", "sm_70", True),
    ("2.11.0", "cu128", "sm_70", False),
    ("2.14.1", "cu126", "sm_50", True),
    ("2.7.0", "cu128", "sm_120", True),
    ("2.7.1", "cu126", "sm_100", False),
    ("2.7.1", "cu118", "sm_37", True),
    ("1.13.1", "cu117", "sm_90", False),
    ("2.0.1", "cu118", "sm_90", True),
    ("2.15.0", "cu132", "sm_75", True),
]


@pytest.mark.parametrize(("torch", "variant", "target", "listed"), FACTS)
def test_target_of_a_linux_build(torch: str, variant: str, target: str, listed: bool) -> None:
    (row,) = (
        row
        for row in rows("torch_builds")
        if (row.torch, row.variant, row.platform) == (torch, variant, "linux-x86_64")
    )
    assert (target in row.archs) is listed


@pytest.mark.parametrize(
    ("variant", "first", "last"),
    [("cu118", "2.0.0", "2.7.1"), ("cu121", "2.1.0", "2.5.1"), ("cu124", "2.4.0", "2.6.0"),
     ("cu126", "2.6.0", "2.14.1"), ("cu128", "2.7.0", "2.11.0")],
)  # fmt: skip
def test_life_of_a_variant(variant: str, first: str, last: str) -> None:
    found = sorted(
        {row.torch for row in rows("torch_builds") if row.variant == variant}, key=release_key
    )

    assert (found[0], found[-1]) == (first, last)


def test_torch_2_9_has_no_cuda_11_8() -> None:
    assert (
        bad(
            "torch_builds",
            (
                r
                for r in rows("torch_builds")
                if r.cuda == "11.8" and release_key(r.torch) >= (2, 8)
            ),
        )
        == []
    )


def test_no_wheel_names_ada() -> None:
    assert (
        bad("torch_builds", (row for row in rows("torch_builds") if "sm_89" in (row.archs or ())))
        == []
    )
