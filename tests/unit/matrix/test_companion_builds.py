"""Builds of companions: what is asked of their rows, how rows and wheels are compared, rows that are proposed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from torch_doctor.matrix.builds.query import builds_of, cuda_majors, takes_python
from torch_doctor.matrix.builds.rows import CompanionBuild
from torch_doctor.matrix.measured.companions import MeasuredBuild, build_differences, row_of
from torch_doctor.matrix.proposals.companions import proposed_builds
from torch_doctor.matrix.source.compile import compile_matrix
from torch_doctor.matrix.store import Matrix

from tests.unit.matrix.folders import HEADER, faults, folder

READ = MeasuredBuild(
    package="near-torch",
    version="9.1.0",
    platform="linux-x86_64",
    abi="abi3",
    python_tags=("cp310",),
    requires_python="<4,>=3.10",
    torch="==2.14.0",
    pins=(("torchvision", "0.29.0"), ("triton", ">=3,<4")),
    extra=None,
    needs=("libcublas.so.13", "libcudart.so.13"),
    links_torch=True,
    archs=("sm_80", "sm_90a"),
    ptx=(),
    partial=("sm_89", "compute_90"),
    glibc="2.28",
    released="2026-01-02",
    wheel="near_torch-9.1.0-cp310-abi3-manylinux_2_28_x86_64.whl",
)


def read(**other: Any) -> MeasuredBuild:
    return READ._replace(**other)


def matrix_of(tmp_path: Path, text: str) -> Matrix:
    compiled = compile_matrix(folder(tmp_path, text, "companion_builds/near-torch.yaml"))
    return Matrix(compiled["index"], compiled["tables"].__getitem__)


def row(tmp_path: Path, measured: MeasuredBuild = READ) -> CompanionBuild:
    found = row_of(measured, matrix_of(tmp_path, proposed_builds((measured,), "2026-01-31")))
    assert found is not None
    return found


def test_a_proposed_row_says_what_was_read(tmp_path: Path) -> None:
    made = row(tmp_path)
    assert list(build_differences(READ, made)) == []
    assert made.origin.source == "pypi:near-torch==9.1.0" and made.origin.how == "binary"
    assert (made.needs, made.pins, made.index_url) == (READ.needs, READ.pins, None)
    assert proposed_builds((), "2026-01-31") == ""


def test_none_and_not_measured_are_two_things(tmp_path: Path) -> None:
    made = row(tmp_path, read(needs=(), archs=None, ptx=None, partial=None, links_torch=None))
    assert made.needs == made.pins[2:] == () and made.archs is made.links_torch is None
    source = row(tmp_path, read(abi="source", platform="any", needs=None, pins=()))
    assert source.needs is None and source.origin.how == "metadata"


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("needs", ("libcudart.so.12",), "libcudart.so.12"),
        ("needs", (), "none"),
        ("archs", ("sm_75", "sm_80"), "sm_75 sm_80"),
        ("torch", None, "not recorded"),
        ("pins", (("triton", "3.8.0"),), "triton 3.8.0"),
        ("python_tags", ("cp311",), "cp311"),
        ("links_torch", False, "False"),
    ],
)
def test_every_difference_is_named(tmp_path: Path, field: str, value: Any, shown: str) -> None:
    (found,) = build_differences(read(**{field: value}), row(tmp_path))
    assert (found.field, found.found, found.explained) == (field, shown, False)
    assert found.row == "companion_builds/near-torch/9.1.0/linux-x86_64/abi3"


def test_what_was_not_measured_or_not_read_differs_from_nothing(tmp_path: Path) -> None:
    other = read(archs=("sm_75",), needs=None, unread=(("needs", "why"),))
    assert list(build_differences(other, row(tmp_path, read(archs=None)))) == []
    order = read(requires_python=">=3.10, <4", needs=tuple(reversed(READ.needs or ())))
    assert list(build_differences(order, row(tmp_path / "b"))) == []


def test_builds_are_found_by_release_alone(tmp_path: Path) -> None:
    made = (READ, read(platform="windows-x86_64", needs=("cudart64_12.dll",), glibc=None))
    matrix = matrix_of(tmp_path, proposed_builds(made, "2026-01-31"))
    assert [b.platform for b in builds_of(matrix, "near-torch", "9.1.0")] == [
        "linux-x86_64",
        "windows-x86_64",
    ]
    assert builds_of(matrix, "near-torch", "9.1.1") == ()
    assert row_of(read(abi="cpython"), matrix) is None


@pytest.mark.parametrize(
    ("needs", "majors"),
    [
        (None, None),
        ((), ()),
        (("libcudart.so.13", "libcublasLt.so.13"), (13,)),
        (("libcudart.so.11.0", "libcudart.so.12"), (11, 12)),
        (("libcusparse.so.12", "libcudnn.so.9"), ()),
        (("cudart64_110.dll", "cublas64_11.dll"), (11,)),
        (("nvrtc64_120_0.dll",), (12,)),
    ],
)
def test_cuda_majors(tmp_path: Path, needs: Any, majors: Any) -> None:
    assert cuda_majors(row(tmp_path, read(needs=needs))) == majors


@pytest.mark.parametrize(
    ("abi", "tags", "taken", "refused"),
    [
        ("cpython", ("cp312", "cp313t"), "cp312 cp313t", "cp311 cp313 cp314"),
        ("abi3", ("cp310",), "cp310 cp314", "cp39 cp313t pp310"),
        ("none", ("py3",), "cp39 cp314t", ""),
    ],
)
def test_pythons(tmp_path: Path, abi: str, tags: Any, taken: str, refused: str) -> None:
    made = row(tmp_path, read(abi=abi, python_tags=tags))
    assert all(takes_python(made, tag) for tag in taken.split())
    assert not any(takes_python(made, tag) for tag in refused.split())


@pytest.mark.parametrize(
    "cell",
    ["abi: abi4", "archs: [compute_80]", "needs: [cudart]", "platform: linux-riscv64", "torch: x"],
)
def test_a_wrong_cell_does_not_compile(tmp_path: Path, cell: str) -> None:
    cells = {
        "package": "n",
        "version": '"1"',
        "platform": "any",
        "abi": "none",
        **dict([cell.split(": ")]),
    }
    text = ", ".join(f"{key}: {value}" for key, value in cells.items())
    text = f"{HEADER}companion_builds:\n  - {{{text}}}\n"
    assert faults(tmp_path, text, "companion_builds/n.yaml")
