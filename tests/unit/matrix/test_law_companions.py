"""Companions at their bounds: which row a version means, and which CUDA a tag of somebody's own names."""

from __future__ import annotations

import pytest
from torch_doctor.core.finding import Severity
from torch_doctor.core.records import Package
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.matrix.law.companions import Mismatch, judge_companion

from tests.unit.matrix.test_law import MATRIX

ERROR, WARNING = Severity.ERROR, Severity.WARNING


def beside(name: str, version: str, torch: str, cuda: str | None = None) -> Mismatch | None:
    return judge_companion(
        name,
        (Package("numpy", "2.0"), Package(name, version)),
        TorchVersion(torch),
        CudaVersion.parse(cuda) if cuda else None,
        MATRIX,
    )


@pytest.mark.parametrize(
    ("name", "version", "torch", "row"),
    [
        ("torchvision", "0.24", "2.9.1", None),  # 0.24.1 goes with it
        ("torchvision", "0.24", "2.9.0", None),  # 0.24.0 does
        ("torchvision", "0.24", "2.8.0", "0.24."),
        ("torchvision", "0.99", "2.8.0", None),
        ("torchcodec", "0.5", "2.7.1", None),  # a release of two numbers that has a row
        ("torchcodec", "0.5", "2.8.0", "0.5"),
        ("detectron2", "0.6", "2.4.1", None),
        ("detectron2", "0.6", "2.9.1", "0.6"),
        # without a row of its own what was built anew is its release
        ("xformers", "0.0.22.post99", "2.0.1", None),
        ("xformers", "0.0.22.post99", "2.1.0", "0.0.22"),
        # the number of another package's release says nothing
        ("torchaudio", "0.24.1", "2.5.1", None),
        ("no-companion", "0.24.1", "2.5.1", None),
    ],
)
def test_a_version_means_the_row_of_its_own_package(
    name: str, version: str, torch: str, row: str | None
) -> None:
    mismatch = beside(name, version, torch)

    rows = [receipt.row for receipt in mismatch.because] if mismatch else []
    assert len(rows) == bool(row)
    assert all(one.startswith(f"companions/{name}/{row}") for one in rows)


@pytest.mark.parametrize(
    ("own", "of_torch", "severity"),
    [
        ("cu128", "cu128", None),
        ("cu126", "cu128", WARNING),
        ("cu118", "cu128", ERROR),
        ("cu90", "cu92", WARNING),  # both are CUDA 9
        ("cu92", "cu102", ERROR),
        ("cu92", "cu100", ERROR),
        ("cu12", "cu128", WARNING),  # the major alone
        ("cu12", "cu118", ERROR),
        ("cu10", "cu102", WARNING),
        ("cu11", "cu118", WARNING),
        ("cuda11.8", "cu117", WARNING),
        ("cuda-12.8", "cu118", ERROR),
        ("cu118.torch2", "cu117", WARNING),
        # a tag that begins like a CUDA's and names none is another build
        ("custom", "cu128", ERROR),
        ("custom", "curated", ERROR),
        ("custom", "custom", None),
        ("git1234567", "cu128", None),
        ("cu128", "", None),  # torch does not tell
        ("cu128", "git1234567", None),
    ],
)
def test_tags_of_one_cuda_major_go_together_less_badly_than_those_of_two(
    own: str, of_torch: str, severity: Severity | None
) -> None:
    torch = f"2.9.1+{of_torch}".rstrip("+")
    mismatch = beside("torchvision", f"0.24.1+{own}", torch)

    assert (mismatch and mismatch.severity) == severity
    if mismatch:
        assert mismatch.message == (
            f"torchvision 0.24.1+{own} is built for {own}, torch for {of_torch}"
        )


@pytest.mark.parametrize(
    ("own", "torch", "cuda", "severity"),
    [
        ("cu130", "2.9.1", "12.8", ERROR),  # conda's version has no tag: its CUDA decides
        ("cu128", "2.9.1", "12.8", None),
        ("cu126", "2.9.1+cu128", "12.6", None),  # what torch says of itself wins over its tag
        ("cpu", "2.9.1", None, None),
        ("cpu", "2.9.1", "12.8", ERROR),
    ],
)
def test_the_cuda_that_torch_was_built_with_wins_over_its_tag(
    own: str, torch: str, cuda: str | None, severity: Severity | None
) -> None:
    mismatch = beside("torchvision", f"0.24.1+{own}", torch, cuda)

    assert (mismatch and mismatch.severity) == severity
