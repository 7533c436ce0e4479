"""The law asked of every build, the ends of roads, and what a build that no table lists was compiled for."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from torch_doctor.core.judgement import Status
from torch_doctor.core.records import Gpu
from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease, SmTarget
from torch_doctor.matrix.law.build import build_of_row
from torch_doctor.matrix.law.default_arch import assumed
from torch_doctor.matrix.law.gpu import is_display_card, traits_of
from torch_doctor.matrix.law.judge import judge
from torch_doctor.matrix.law.machine import Build, Machine, last_driver
from torch_doctor.matrix.law.search import candidates, runnable_builds, runs
from torch_doctor.matrix.law.support_end import covers, last_torch_for, newest_cuda_major_for
from torch_doctor.matrix.query import driver_floors, release_key

from tests.unit.matrix.test_law import MATRIX, build, machine


def linux(gpu: str, driver: str = "580.95.05", **more: Any) -> Machine:
    return machine(driver, gpu)._replace(platform="linux", arch="x86_64", **more)


V100, H100 = linux("Tesla V100-SXM2-16GB"), linux("NVIDIA H100 PCIe")


@pytest.mark.parametrize("here", [V100, H100], ids=["V100", "H100"])
def test_what_runs_is_every_published_build_that_the_law_allows(here: Machine) -> None:
    found = list(runnable_builds(here, MATRIX))

    allowed = [
        row
        for row in MATRIX.torch_builds
        if row.status == "published"
        and row.cuda
        and row.platform == "linux-x86_64"
        and judge(here, build_of_row(row, MATRIX)).status is Status.SUPPORTED
    ]
    assert set(found) == set(allowed)
    assert found
    assert list(runnable_builds(here, MATRIX, "2.9.1")) == [r for r in found if r.torch == "2.9.1"]
    assert all(
        (release_key(one.torch), CudaVersion.parse(one.cuda or "0"))
        > (release_key(next_.torch), CudaVersion.parse(next_.cuda or "0"))
        for one, next_ in pairwise(found)
    )


def test_a_build_that_is_announced_runs_nowhere_yet() -> None:
    unpublished = [row for row in MATRIX.torch_builds if row.status != "published"]
    published = build_of_row(next(runnable_builds(H100, MATRIX)), MATRIX)

    assert unpublished
    assert [runs(row, H100, MATRIX) for row in unpublished] == [False] * len(unpublished)
    assert published.platform == "linux-x86_64"


def test_where_the_platform_is_unknown_builds_of_all_are_candidates() -> None:
    platforms = {row.platform for row in candidates(None, MATRIX)}

    assert platforms == {row.platform for row in MATRIX.torch_builds if row.cuda}
    assert {row.platform for row in candidates("windows-x86_64", MATRIX)} == {"windows-x86_64"}
    assert all(row.cuda for row in candidates(None, MATRIX))


@pytest.mark.parametrize("gpu", ["Tesla V100-SXM2-16GB", "Tesla K80", "NVIDIA GeForce GTX 1080 Ti"])
def test_after_the_last_torch_for_a_gpu_no_build_has_its_code(gpu: str) -> None:
    here = linux(gpu)
    (traits,) = here.gpus or ()
    last = last_torch_for(traits, here, MATRIX)

    assert last is not None
    assert (last.status, last.platform) == ("published", "linux-x86_64")
    assert covers(last, traits, MATRIX)
    newer = [
        row
        for row in candidates("linux-x86_64", MATRIX)
        if row.status == "published" and release_key(row.torch) > release_key(last.torch)
    ]
    assert newer
    assert not any(covers(row, traits, MATRIX) for row in newer)


def test_what_the_newest_release_serves_has_no_last_torch() -> None:
    (traits,) = H100.gpus or ()

    assert last_torch_for(traits, H100, MATRIX) is None
    nowhere = traits._replace(capability=ComputeCapability(99, 0))
    assert last_torch_for(nowhere._replace(capability=None), H100, MATRIX) is None
    (volta,) = V100.gpus or ()
    assert last_torch_for(volta, V100._replace(arch=None), MATRIX) is None
    assert last_torch_for(volta, V100._replace(platform=None), MATRIX) is None


@pytest.mark.parametrize(
    ("driver", "platform", "major"),
    [
        ("580.65.06", "linux", 13),
        ("580.65.05", "linux", 12),
        ("525.60.13", "linux", 12),
        ("525.60.12", "linux", 11),
        ("527.40", "windows", 11),
        ("527.41", "windows", 12),
        ("527.40", "linux", 12),
        ("450.80.02", "linux", 11),
        ("450.80.01", "linux", None),
        ("452.38", "windows", None),
    ],
)
def test_a_driver_reaches_the_cuda_whose_floor_it_has(
    driver: str, platform: str, major: int | None
) -> None:
    assert newest_cuda_major_for(DriverRelease.parse(driver), MATRIX, platform) == major


def test_code_of_a_row_covers_a_gpu_by_cubins_or_by_ptx() -> None:
    (ada,) = linux("NVIDIA GeForce RTX 4090").gpus or ()
    with_ptx = next(row for row in MATRIX.torch_builds if row.ptx and row.cuda)
    unread = next(row for row in MATRIX.torch_builds if row.archs is None)
    newest = max(SmTarget.parse(one).capability for one in with_ptx.ptx or ())
    later = ada._replace(capability=ComputeCapability(newest.major + 5, 0))

    assert covers(with_ptx, later, MATRIX)
    assert not covers(with_ptx._replace(ptx=()), later, MATRIX)
    assert not covers(with_ptx, ada._replace(capability=None), MATRIX)
    assert not covers(unread, ada, MATRIX)


def unlisted(cuda: str | None, **more: Any) -> Build:
    version = CudaVersion.parse(cuda) if cuda else None
    floors = driver_floors(MATRIX, version)
    return Build("2.9.1a0", "", version, None, floors)._replace(**more)


def words(made: Build) -> set[str]:
    return {str(target) for target in made.targets or ()}


@pytest.mark.parametrize(
    ("cuda", "has", "lacks"),
    [
        ("11.8", {"sm_37", "sm_90", "sm_89"}, {"sm_35", "sm_87", "sm_100"}),
        ("11.7", {"sm_37"}, {"sm_90", "sm_89"}),
        ("12.8", {"sm_50", "sm_120"}, {"sm_37", "sm_121", "sm_101"}),
        ("12.9", {"sm_50", "sm_103"}, {"sm_110"}),
        ("13.0", {"sm_75", "sm_103"}, {"sm_70", "sm_50", "sm_110"}),
    ],
)
def test_what_no_table_lists_has_what_its_cuda_compiles(
    cuda: str, has: set[str], lacks: set[str]
) -> None:
    made = assumed(unlisted(cuda), MATRIX)

    assert has <= words(made)
    assert not lacks & words(made)
    assert (made.confidence, made.ptx_known, made.origin) == ("low", False, "pytorch")


def test_what_is_known_of_a_build_is_not_assumed_anew() -> None:
    known = unlisted("12.8", targets=(SmTarget.parse("sm_90"),))
    without = unlisted(None)
    ancient = unlisted("1.0")

    assert assumed(known, MATRIX) is known
    assert assumed(without, MATRIX) is without
    assert assumed(ancient, MATRIX) is ancient


@pytest.mark.parametrize(
    ("origin", "jetson", "named", "has_tegra"),
    [
        ("pytorch", True, "source", True),
        ("ngc", True, "ngc", True),
        ("ngc", False, "ngc", False),
        ("pytorch", False, "pytorch", False),
    ],
)
def test_on_a_jetson_what_no_index_lists_was_made_for_jetsons(
    origin: str, jetson: bool, named: str, has_tegra: bool
) -> None:
    made = assumed(unlisted("12.8", origin=origin), MATRIX, jetson=jetson)

    assert made.origin == named
    assert ("sm_87" in words(made)) is has_tegra


@pytest.mark.parametrize(
    ("made", "label"),
    [
        (build("2.9.1+cu128"), "torch 2.9.1+cu128"),
        (build("2.9.1+cu128")._replace(torch="2.9.1+cu128"), "torch 2.9.1+cu128"),
        (build("2.9.1+cu128")._replace(variant=""), "torch 2.9.1"),
        (build("2.9.1+cu128")._replace(torch=""), "the installed torch (cu128)"),
        (build("2.9.1+cu128")._replace(torch="", variant=""), "the installed torch"),
        (build("2.9.1+cu128")._replace(called="CuPy"), "CuPy"),
    ],
)
def test_a_build_has_a_name_in_words(made: Build, label: str) -> None:
    assert made.label == label


def test_the_last_driver_of_several_gpus_is_the_earliest_end() -> None:
    kepler, volta, hopper = (
        traits_of(Gpu(0, name), MATRIX, listed=True)
        for name in ("Tesla K80", "Tesla V100-SXM2-16GB", "NVIDIA H100 PCIe")
    )

    assert kepler.last_branch is not None
    assert volta.last_branch is not None
    assert kepler.last_branch < volta.last_branch
    assert last_driver([volta, kepler, hopper]) == kepler.last_driver
    assert last_driver([hopper]) is None
    assert hopper.kind == "data_center"
    assert traits_of(Gpu(0, "Who knows"), MATRIX, listed=True).kind is None


@pytest.mark.parametrize(
    ("name", "memory_mib", "is_one"),
    [
        ("NVIDIA GeForce GT 710", None, True),
        ("NVIDIA GeForce GT 710", 4096, True),
        ("NVIDIA GeForce GT 710", 4097, False),
        ("NVIDIA GeForce GTX 1050 Ti", None, True),  # 4 GB, the largest of them
        ("NVIDIA GeForce GTX 1060 6GB", None, False),
        ("NVIDIA GeForce RTX 4090", None, False),
        ("NVIDIA H100 PCIe", 1024, False),
        ("Who knows", None, False),
        ("Who knows", 2048, True),
        (None, None, None),
        (None, 2048, True),
    ],
)
def test_a_card_for_a_screen_has_little_memory_and_no_server(
    name: str | None, memory_mib: int | None, is_one: bool | None
) -> None:
    gpu = Gpu(0, name, memory_mib=memory_mib)

    assert is_display_card(gpu, traits_of(gpu, MATRIX, listed=True)) is is_one
