"""Questions to the matrix: names as people type them, floors, branches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.query import (
    driver_branch,
    driver_floor,
    driver_reports,
    gpu_with_pci_id,
    gpus_like,
    gpus_named,
    release_key,
)

MATRIX = load_matrix()


@pytest.mark.parametrize(
    ("typed", "capability"),
    [
        ("NVIDIA GeForce RTX 4090", "8.9"),
        ("rtx 4090", "8.9"),
        ("RTX4090", "8.9"),
        ("rtx-3090", "8.6"),
        ("A100", "8.0"),
        ("a100-sxm4-80gb", "8.0"),
        ("NVIDIA A100-SXM4-80GB MIG 1g.10gb", "8.0"),
        ("H100", "9.0"),
        ("Tesla V100-SXM2-16GB", "7.0"),
        ("v100", "7.0"),
        ("T4", "7.5"),
        ("L40S", "8.9"),
        ("GB10", "12.1"),
        ("DGX Spark", "12.1"),
        ("B200", "10.0"),
        ("K80", "3.7"),
        ("GTX 1080 Ti", "6.1"),
        ("GeForce GTX 1080 Ti", "6.1"),
        ("RTX 5090", "12.0"),
        ("RTX A6000", "8.6"),
    ],
)
def test_names_as_people_type_them(typed: str, capability: str) -> None:
    match = gpus_named(MATRIX, typed)

    assert {text for row in match.rows for text in row.capabilities} == {capability}
    assert match.ambiguity in ("none", "form")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("3060 laptop", "NVIDIA GeForce RTX 3060 Laptop GPU"),
        ("rtx 3060 mobile", "NVIDIA GeForce RTX 3060 Laptop GPU"),
        ("A5000 laptop", "NVIDIA RTX A5000 Laptop GPU"),
        ("1080ti", "NVIDIA GeForce GTX 1080 Ti"),
        ("rtx4060ti", "NVIDIA GeForce RTX 4060 Ti"),
        ("4070ti super", "NVIDIA GeForce RTX 4070 Ti SUPER"),
        ("4090D", "NVIDIA GeForce RTX 4090 D"),
        ("mx 350", "NVIDIA GeForce MX350"),
        ("1030", "NVIDIA GeForce GT 1030"),
        ("RTX 3060 12GB", "NVIDIA GeForce RTX 3060"),
        ("4060 ti 16gb", "NVIDIA GeForce RTX 4060 Ti"),
        ("Jetson AGX Orin 64GB", "Orin"),
        ("Jetson Orin Nano Developer Kit", "Orin"),
        ("Jetson Nano", "NVIDIA Tegra X1"),
        ("titan x pascal", "NVIDIA TITAN X (Pascal)"),
        ("titan x maxwell", "NVIDIA GeForce GTX TITAN X"),
        ("rtx 6000 blackwell", "NVIDIA RTX PRO 6000 Blackwell Workstation Edition"),
        # A driver before R465 prints it so, and it is not the GTX 1650 of which there are three.
        ("GeForce GTX 1650", "NVIDIA GeForce GTX 1650"),
    ],
)
def test_a_spelling_that_no_row_has(typed: str, name: str) -> None:
    match = gpus_named(MATRIX, typed)

    assert [row.name for row in match.rows] == [name]
    assert match.ambiguity == "none"


@pytest.mark.parametrize("typed", ["DGX A100", "RTX PRO 6000 Blackwell", "rtx 3050 ti laptop"])
def test_a_spelling_that_means_forms_of_one_product(typed: str) -> None:
    match = gpus_named(MATRIX, typed)

    assert len(match.rows) > 1
    assert match.ambiguity in ("none", "form")


@pytest.mark.parametrize("typed", ["RTX 3060 48GB", "4000", "titan x hopper", "laptop", "mi300x"])
def test_a_spelling_that_means_nothing(typed: str) -> None:
    assert gpus_named(MATRIX, typed).rows == ()


@pytest.mark.parametrize(
    ("typed", "ambiguity"),
    [
        ("RTX 6000", "architecture"),
        ("rtx 5000", "architecture"),
        ("GTX 1650", "product"),
        ("4090", "product"),
        ("Titan X", "architecture"),
        ("GT 730", "architecture"),
    ],
)
def test_names_that_mean_several_products(typed: str, ambiguity: str) -> None:
    match = gpus_named(MATRIX, typed)

    assert match.ambiguity == ambiguity
    assert len(match.rows) > 1 or len(match.rows[0].capabilities) > 1


def test_every_product_of_the_matrix_is_found_by_its_own_name() -> None:
    lost = [row.name for row in MATRIX.gpus if row not in gpus_named(MATRIX, row.name).rows]

    assert lost == []


@given(st.text(max_size=30))
def test_any_name_is_answered(name: str) -> None:
    gpus_named(MATRIX, name)
    gpus_like(MATRIX, name)


def test_near_names() -> None:
    assert "NVIDIA GeForce RTX 4090" in gpus_like(MATRIX, "RTX 4091")
    assert gpus_like(MATRIX, "RTX A500")[0] == "NVIDIA RTX A500 Laptop GPU"


@pytest.mark.parametrize(
    ("cuda", "platform", "floor"),
    [
        ("11.8", "linux", "450.80.02"),
        ("12.8", "linux", "525.60.13"),
        ("13.2", "linux", "580.65.06"),
        ("12.1", "wsl", "527.41"),
        ("11.8", "windows", "452.39"),
        ("10.2", "linux", "440.33"),
        ("10.1", "linux", "418.39"),
    ],
)
def test_floors(cuda: str, platform: str, floor: str) -> None:
    found = driver_floor(MATRIX, CudaVersion.parse(cuda), platform)

    assert found is not None
    assert found.driver == DriverRelease.parse(floor)


def test_a_cuda_that_nobody_recorded_has_no_floor() -> None:
    assert driver_floor(MATRIX, CudaVersion(19, 0)) is None


@pytest.mark.parametrize(
    ("release", "branch", "cuda"),
    [
        ("580.95.05", 580, "13.0"),
        ("535.309.01", 535, "12.2"),
        ("565.57.01", 565, "12.7"),
        ("566.36", 565, "12.7"),
        ("573.76", 570, "12.8"),
        ("610.57.04", 610, "13.3"),
        ("620.70.06", 620, "13.5"),
    ],
)
def test_what_a_driver_reports(release: str, branch: int, cuda: str) -> None:
    driver = DriverRelease.parse(release)

    row = driver_branch(MATRIX, driver)
    assert row is not None
    assert row.branch == branch
    assert str(driver_reports(MATRIX, driver)) == cuda


@pytest.mark.parametrize("release", ["700.10", "300.1"])
def test_a_branch_that_nobody_recorded(release: str) -> None:
    assert driver_reports(MATRIX, DriverRelease.parse(release)) is None


def test_products_by_pci_id() -> None:
    assert {row.name for row in gpu_with_pci_id(MATRIX, "2684")} == {"NVIDIA GeForce RTX 4090"}
    assert gpu_with_pci_id(MATRIX, "ffff") == ()


def test_releases_are_ordered_by_their_numbers_and_posts() -> None:
    mixed = ["2.10.0", "1.0.1.post2", "0.4.1.post2", "2.9.1", "0.4.1", "1.1.0"]
    expected = ["0.4.1", "0.4.1.post2", "1.0.1.post2", "1.1.0", "2.9.1", "2.10.0"]
    assert sorted(mixed, key=release_key) == expected
