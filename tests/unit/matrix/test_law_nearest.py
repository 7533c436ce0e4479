"""Builds that no row names to the letter: of which row they take the code, and how sure that is."""

from __future__ import annotations

import pytest
from torch_doctor.core.fact import Source
from torch_doctor.core.version import ComputeCapability, CudaVersion, SmTarget, TorchVersion
from torch_doctor.matrix.law.arch import has_code_anyway
from torch_doctor.matrix.law.build import build_of
from torch_doctor.matrix.law.machine import Build, GpuTraits
from torch_doctor.matrix.query import release_key, torch_build

from tests.unit.matrix.test_law import MATRIX
from tests.unit.matrix.test_law_parts import facts

LINUX = "linux-x86_64"
A100, H100 = "NVIDIA A100-PCIE-40GB", "NVIDIA H100 PCIe"


def installed(version: str, cuda: str) -> Build:
    known = {"torch_version": TorchVersion(version), "torch_cuda": CudaVersion.parse(cuda)}
    build = build_of(facts(**known), MATRIX)
    assert build is not None
    return build


def recorded(version: str, cuda: str) -> tuple[SmTarget, ...]:
    row = torch_build(MATRIX, version, CudaVersion.parse(cuda).tag, LINUX)
    assert row is not None
    return tuple(map(SmTarget.parse, (*(row.archs or ()), *(row.ptx or ()))))


def test_a_release_of_two_numbers_is_what_all_of_its_minor_are() -> None:
    build = installed("1.5", "10.2")

    assert build.targets == recorded("1.5.1", "10.2")
    assert build.confidence == "medium"


def test_a_release_of_two_numbers_whose_own_differ_is_not_told_for_sure() -> None:
    assert recorded("1.3.0", "10.1") != recorded("1.3.1", "10.1")
    assert installed("1.3", "10.1").confidence == "low"


def test_a_candidate_is_no_minor_and_borrows_what_is_nearest() -> None:
    build = installed("1.5rc1", "10.2")

    assert build.targets == recorded("1.5.0", "10.2")
    assert build.confidence == "low"


def test_a_nightly_borrows_the_row_of_the_minor_before_where_its_own_has_none() -> None:
    newest = max(
        (row for row in MATRIX.torch_builds if row.variant == "cu126" and row.platform == LINUX),
        key=lambda row: release_key(row.torch),
    )
    major, minor = TorchVersion(newest.torch).release[:2]

    near = installed(f"{major}.{minor + 1}.0.dev20990101+cu126", "12.6")
    far = installed(f"{major}.{minor + 2}.0.dev20990101+cu126", "12.6")

    assert near.because
    assert near.targets == recorded(newest.torch, "12.6")
    assert not far.because


def unknown_of(*names: str) -> GpuTraits:
    rows = tuple(row for row in MATRIX.gpus if row.name in names)
    return GpuTraits(0, "a GPU", None, rows=rows)


@pytest.mark.parametrize(
    ("code", "names", "has"),
    [
        (("sm_80", "sm_90"), (A100, H100), True),
        (("sm_80",), (A100, H100), False),
        (("sm_90",), (A100, H100), False),
        (("sm_80",), (), False),
        ((), (A100,), False),
    ],
)
def test_whichever_gpu_a_name_means_a_build_has_code_for_it(
    code: tuple[str, ...], names: tuple[str, ...], has: bool
) -> None:
    targets = tuple(map(SmTarget.parse, code))
    build = Build("2.8.0", "cu128", CudaVersion(12, 8), targets, None)
    gpu = unknown_of(*names)

    assert has_code_anyway(build, gpu) is has
    assert has_code_anyway(build._replace(targets=None), gpu) is False
    assert has_code_anyway(build, gpu._replace(capability=ComputeCapability(8, 0))) is False


@pytest.mark.parametrize(
    ("torch", "cuda", "kind", "glibc", "is_tagged"),
    [
        ("2.9.1+cu128", "12.8", "user", (2, 28), True),
        ("2.9.1+cu128", "12.8", "report", None, False),
        ("7.7.7+cu128", "12.8", "user", None, False),
    ],
)
def test_a_build_that_nobody_has_yet_must_be_had_as_a_wheel(
    torch: str, cuda: str, kind: str, glibc: tuple[int, ...] | None, is_tagged: bool
) -> None:
    """The last has no row of its own: what it asks of a system is not known."""
    known = facts(torch_version=TorchVersion(torch), torch_cuda=CudaVersion.parse(cuda))
    meant = known["torch_version"].with_source(Source(kind, "x"))
    found = build_of(known.with_(torch_version=meant), MATRIX)

    assert found is not None
    assert found.glibc == glibc
    assert bool(found.python_tags) is is_tagged
