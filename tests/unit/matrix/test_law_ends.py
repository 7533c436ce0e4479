"""Ends of roads at their bounds: what a build may have code for, and the last torch for a GPU, in tables made up."""

from __future__ import annotations

import copy

import pytest
from torch_doctor.core.records import Gpu
from torch_doctor.core.version import ComputeCapability
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.law.build import build_of_row
from torch_doctor.matrix.law.gpu import traits_of
from torch_doctor.matrix.law.machine import GpuTraits
from torch_doctor.matrix.law.support_end import (
    has_machine_code,
    last_torch_for,
    may_cover,
    may_have_machine_code,
)
from torch_doctor.matrix.query import torch_build
from torch_doctor.matrix.store import Matrix

from tests.unit.matrix.test_law import MATRIX
from tests.unit.matrix.test_law_search import H100, V100

VOLTA, HOPPER = (here.gpus[0] for here in (V100, H100) if here.gpus)
BLACKWELL = traits_of(Gpu(0, "NVIDIA B200"), MATRIX, listed=True)
ORIN = traits_of(Gpu(0, "Orin"), MATRIX, listed=True)
UNNAMED = VOLTA._replace(capability=None)


def row(
    torch: str = "2.9.1",
    cuda: str | None = "12.8",
    code: str | None = "sm_80",
    ptx: str | None = "",
    confidence: str = "high",
    status: str = "published",
) -> TorchBuild:
    """Return a row of a build that nobody published; of None nobody knows."""
    known = torch_build(MATRIX, "2.9.1", "cu128", "linux-x86_64")
    assert known is not None
    return known._replace(
        torch=torch,
        cuda=cuda,
        variant=f"cu{cuda.replace('.', '')}" if cuda else "",
        archs=None if code is None else tuple(code.split()),
        ptx=None if ptx is None else tuple(ptx.split()),
        origin=known.origin._replace(confidence=confidence),
        status=status,
    )


@pytest.mark.parametrize(
    ("made", "gpu", "by_machine_code", "by_any"),
    [
        (row(code="sm_70"), VOLTA, True, True),
        (row(), VOLTA, False, False),
        (row(ptx=None), VOLTA, False, False),  # PTX of a build begins at its newest code
        (row(ptx=None), HOPPER, False, True),
        (row(), HOPPER, False, False),
        (row(ptx="compute_80"), HOPPER, False, True),
        (row(ptx="compute_80"), VOLTA, False, False),
        (row(code="", ptx=None), HOPPER, False, True),
        (row(code="", ptx=""), HOPPER, False, False),
        (row(confidence="low"), VOLTA, True, True),  # somebody's guess
        (row(), UNNAMED, True, True),
        (row(code=None), UNNAMED, True, True),
        # nobody read its code: it has none for what its CUDA compiles no more
        (row(code=None, cuda="12.8"), VOLTA, True, True),
        (row(code=None, cuda="12.9"), VOLTA, True, True),
        (row(code=None, cuda="13.0"), VOLTA, False, False),
        (row(code=None, cuda="13.0"), HOPPER, True, True),
        (row(code=None, cuda=None), VOLTA, True, True),
        (row(), ORIN, False, False),
        (row(code="sm_87"), ORIN, True, True),
    ],
)
def test_what_a_build_has_code_for_or_may_have(
    made: TorchBuild, gpu: GpuTraits, by_machine_code: bool, by_any: bool
) -> None:
    assert may_have_machine_code(made, (gpu,), MATRIX) is by_machine_code
    assert may_cover(made, gpu, MATRIX) is by_any


@pytest.mark.parametrize(
    ("code", "gpus", "has"),
    [
        ("sm_70 sm_90", (VOLTA, HOPPER), True),
        ("sm_70", (VOLTA, HOPPER), False),
        ("sm_90", (UNNAMED, HOPPER), True),
        ("sm_80", (ORIN,), False),
        (None, (HOPPER,), False),
        (None, (UNNAMED,), True),
        ("", (HOPPER,), False),
        ("sm_90", (), True),
    ],
)
def test_machine_code_for_every_gpu_whose_capability_is_known(
    code: str | None, gpus: tuple[GpuTraits, ...], has: bool
) -> None:
    assert has_machine_code(build_of_row(row(code=code), MATRIX), gpus) is has


def test_what_of_several_gpus_one_has_no_code_for_is_for_none() -> None:
    unread = row(code=None, cuda="13.0")

    assert may_have_machine_code(unread, (HOPPER, BLACKWELL), MATRIX)
    assert not may_have_machine_code(unread, (HOPPER, VOLTA), MATRIX)
    unknown = VOLTA._replace(capability=ComputeCapability(99, 0), architecture=None)
    assert may_have_machine_code(unread, (unknown,), MATRIX)


def of(*rows: TorchBuild) -> Matrix:
    """Return the matrix with these builds alone."""
    other = copy.copy(MATRIX)
    vars(other).update(torch_builds=rows, _indexes={})
    return other


OLD = row("3.0.0", "12.6", "sm_70 sm_90")
NEW = row("3.1.0", "13.0", "sm_90")


@pytest.mark.parametrize(
    ("rows", "last"),
    [
        ((OLD,), None),  # the newest release still has its code
        ((OLD, NEW), "3.0.0"),
        ((OLD, NEW._replace(status="announced")), None),  # nobody can install what lacks it
        ((OLD, NEW._replace(archs=None)), None),  # nobody read the newest one
        ((OLD, NEW._replace(status="announced", archs=None)), None),
        ((OLD._replace(status="announced"), NEW), None),
        ((OLD, NEW, row("3.1.0", "12.6", "sm_70")), None),  # the newest, for another CUDA
        # of a later one that may have its code nobody knows
        ((OLD, row("3.0.5", "12.8", None), NEW), None),
        ((OLD, OLD._replace(torch="2.9.0"), NEW), "3.0.0"),
        ((NEW,), None),
        ((), None),
    ],
)
def test_the_last_torch_for_a_gpu_is_the_last_that_anybody_can_install(
    rows: tuple[TorchBuild, ...], last: str | None
) -> None:
    found = last_torch_for(VOLTA, V100, of(*rows))

    assert (found and found.torch) == last
