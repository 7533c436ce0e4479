"""What must hold of every row on CUDA, drivers and GPUs. A bad row is one red test that names itself."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease
from torch_doctor.matrix.query import driver_floor, gpus_named
from torch_doctor.matrix.rows import TABLES
from torch_doctor.matrix.source.compile import validate

from tests.unit.matrix.rows import bad, matrix, rows

# Beside the tests: a wheel carries the matrix compiled.
SOURCES = Path(__file__).parents[3] / "matrix"


def test_the_matrix_is_sound() -> None:
    assert [str(problem) for problem in validate(SOURCES)] == []


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_rows_and_every_row_its_receipt(table: str) -> None:
    assert rows(table)
    wrong = [row for row in rows(table) if row.origin.checked > date.today().isoformat()]
    wrong += [
        row
        for row in rows(table)
        if row.origin.confidence == "low" and row.origin.how == "measured"
    ]
    assert bad(table, wrong) == []


# CUDA and drivers -----------------------------------------------------------


@pytest.mark.parametrize("row", rows("toolkits"), ids=lambda row: row.version)
def test_toolkit(row: Any) -> None:
    (branch,) = (b for b in rows("drivers") if b.branch == row.driver_branch)
    toolkit = CudaVersion.parse(row.version)

    assert CudaVersion.parse(branch.cuda) == toolkit, "its driver branch reports another CUDA"
    if row.driver_linux:
        release = DriverRelease.parse(row.driver_linux)
        assert release.branch == branch.branch
        assert not branch.last_linux or release <= DriverRelease.parse(branch.last_linux)
    majors = [major for major in rows("cuda_majors") if major.major == toolkit.major]
    assert majors or row.driver_linux, "nothing says which driver it needs"


def test_newer_branches_report_newer_cuda() -> None:
    branches = sorted(rows("drivers"))
    reported = [CudaVersion.parse(row.cuda) for row in branches]
    assert (
        bad(
            "drivers",
            (
                row
                for row, *pair in zip(branches[1:], reported, reported[1:], strict=False)
                if pair[0] >= pair[1]
            ),
        )
        == []
    )


@pytest.mark.parametrize(
    ("major", "linux", "windows"),
    [(11, "450.80.02", "452.39"), (12, "525.60.13", "527.41"), (13, "580.65.06", "580")],
)
def test_the_floor_of_each_major(major: int, linux: str, windows: str) -> None:
    for platform, floor in (("linux", linux), ("windows", windows), ("wsl", windows)):
        found = driver_floor(matrix(), CudaVersion(major, 0), platform)
        assert found is not None
        assert str(found.driver) == floor


# Architectures and GPUs -----------------------------------------------------


@pytest.mark.parametrize("row", rows("architectures"), ids=lambda row: row.capability)
def test_architecture(row: Any) -> None:
    capability = ComputeCapability.parse(row.capability)
    if row.tegra:
        assert row.open_modules is None
    else:
        steps = [
            ((7, 5), "impossible"),
            ((9, 0), "supported"),
            ((10, 0), "varies"),
            ((99, 0), "required"),
        ]
        expected = next(word for end, word in steps if (capability.major, capability.minor) < end)
        assert row.open_modules == expected
        assert row.first_branch or capability < ComputeCapability(7, 5)
    assert (row.last_branch is not None) <= (row.last_cuda is not None)


def test_every_gpu_agrees_with_its_architecture() -> None:
    by_capability = {row.capability: row for row in rows("architectures")}
    wrong = []
    for gpu in rows("gpus"):
        for architecture in (by_capability[text] for text in gpu.capabilities):
            modules = (
                {architecture.open_modules, "required", "supported"}
                if architecture.open_modules == "varies"
                else {architecture.open_modules}
            )
            first = DriverRelease.parse(gpu.first_driver) if gpu.first_driver else None
            fits = (
                (gpu.open_modules in modules or gpu.open_modules is None)
                and gpu.last_branch == architecture.last_branch
                and architecture.tegra == (gpu.kind == "jetson")
                and not (first and architecture.first_branch and first.branch < architecture.first_branch)
            )  # fmt: skip
            if not fits and gpu.kind != "jetson":
                wrong.append(gpu)
    assert bad("gpus", wrong) == []


def test_a_pci_id_has_one_set_of_capabilities() -> None:
    owners: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for gpu in rows("gpus"):
        for pci_id in gpu.pci_ids:
            owners[pci_id].add(gpu.capabilities)
    clashes = {
        pci_id
        for pci_id, found in owners.items()
        if len({cc for ccs in found for cc in ccs}) > max(map(len, found))
    }
    assert bad("gpus", (gpu for gpu in rows("gpus") if clashes & set(gpu.pci_ids))) == []


def test_every_name_that_a_driver_prints_leads_to_itself() -> None:
    wrong = [gpu for gpu in rows("gpus") if gpu not in gpus_named(matrix(), gpu.name).rows]
    assert bad("gpus", wrong) == []


@pytest.mark.parametrize("row", rows("gpu_aliases"), ids=lambda row: row.alias)
def test_alias(row: Any) -> None:
    match = gpus_named(matrix(), row.alias)

    assert match.ambiguity == row.ambiguity
    assert {gpu.name for gpu in match.rows} >= set(row.names)


@pytest.mark.parametrize(
    ("typed", "ambiguity", "capabilities"),
    [
        ("A100", "form", {"8.0"}),
        ("H100", "form", {"9.0"}),
        ("V100", "form", {"7.0"}),
        ("RTX 4090", "none", {"8.9"}),
        ("4090", "product", {"8.9"}),
        ("GTX 1650", "product", {"7.5"}),
        ("1660", "product", {"7.5"}),
        ("GTX 1080 Ti", "none", {"6.1"}),
        ("RTX 6000", "architecture", {"7.5", "8.9", "12.0"}),
        ("Titan X", "architecture", {"5.2", "6.1"}),
        ("GTX 750", "architecture", {"5.0", "5.2"}),
        ("GT 730", "architecture", {"3.0", "3.5"}),
        ("DGX Spark", "none", {"12.1"}),
    ],
)
def test_what_people_type(typed: str, ambiguity: str, capabilities: set[str]) -> None:
    match = gpus_named(matrix(), typed)

    assert match.ambiguity == ambiguity
    assert {cc for gpu in match.rows for cc in gpu.capabilities} == capabilities
