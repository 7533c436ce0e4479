"""What is easily overlooked: each sentence is true of the rows, names them, and stays away where it does not apply."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.records import Gpu
from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease
from torch_doctor.matrix.builds import notices
from torch_doctor.matrix.law.gpu import traits_of
from torch_doctor.matrix.law.machine import GpuTraits, Machine
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.query import driver_of
from torch_doctor.matrix.store import row_key

MATRIX = load_matrix()
KEYS = {row_key("image_requirements", row) for row in MATRIX.image_requirements}


def gpu(name: str, capability: str | None = None) -> GpuTraits:
    known = ComputeCapability.parse(capability) if capability else None
    return traits_of(Gpu(0, name, known), MATRIX, listed=False)


def machine(name: str = "A100-SXM4-40GB", driver: str = "535.183.01", **more: Any) -> Machine:
    found = driver_of(MATRIX, DriverRelease.parse(driver))
    return Machine(driver=found, gpus=(gpu(name),), **more)


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("cp39", "Python 3.9 reached its end of life in 2025-10"),
        ("cp310", "Python 3.10 reached its end of life in 2026-10"),
        ("cp311", "Python 3.11 reaches its end of life in 2027-10"),
        ("cp37m", "Python 3.7 reached"),
        ("cp313", None),
        ("cp314t", None),
        ("py3", None),
        ("cp399", None),
    ],
)
def test_ends_of_pythons(tag: str, words: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MATRIX, "version", "2026-11-28")
    found = notices.python_end(tag, MATRIX)

    assert (found and words and found.text.startswith(words)) or (found is words is None)
    assert found is None or found.because[0].row.startswith("python_releases/3.")


def test_a_day_counts_where_the_day_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    for today, word in (("2025-10-30", "reaches"), ("2025-10-31", "reached")):
        monkeypatch.setattr(MATRIX, "version", today)
        found = notices.python_end("cp39", MATRIX)
        assert found
        assert word in found.text


def test_a_build_whose_newest_python_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MATRIX, "version", "2026-11-28")

    assert notices.python_of_build(("cp38", "cp310"), MATRIX)
    assert notices.python_of_build(("cp310", "cp314"), MATRIX) is None
    assert notices.python_of_build((), MATRIX) is None


@pytest.mark.parametrize(
    ("name", "cudnn", "cuda", "least"),
    [
        ("Tesla K80", "9.1.0.70", "11.8", "5.0"),
        ("Tesla K80", "8.7.0.84", "11.8", None),
        ("Tesla K80", "7.6.5.32", "10.2", None),
        ("Tesla V100-SXM2-16GB", "9.10.2.21", "12.6", None),
        ("Tesla V100-SXM2-16GB", "9.17.0.29", "12.8", "7.5"),
        ("Tesla V100-SXM2-16GB", "9.20.0.48", "12.8", "7.5"),
        ("NVIDIA H100 PCIe", "9.20.0.48", "13.0", None),
        ("a GPU that nobody knows", "9.20.0.48", "13.0", None),
    ],
)
def test_gaps_of_cudnn(name: str, cudnn: str, cuda: str, least: str | None) -> None:
    """A later release never serves less than an earlier one, so that one between two rows is judged by the earlier."""
    found = notices.cudnn_gap(cudnn, CudaVersion.parse(cuda), gpu(name), MATRIX)

    assert (found is None) == (least is None)
    assert found is None or f"capability {least} on" in found.text


def test_the_last_build_with_a_cudnn_that_serves() -> None:
    found = notices.last_with_cudnn(gpu("Tesla K80"), machine("Tesla K80", "470.256.02"), MATRIX)

    assert found
    assert (found[0].torch, found[0].variant, found[1]) == ("2.3.1", "cu118", "8.7.0.84")


def test_floors_of_cudnn_never_fall() -> None:
    for cuda in ("10.2", "11.8", "12.6", "13.0"):
        rows = sorted(notices._cudnn_rows(CudaVersion.parse(cuda), MATRIX), key=notices._begins)
        floors = [notices._floor(row) for row in rows]
        assert floors == sorted(floors), cuda


@pytest.mark.parametrize(
    ("driver", "words"),
    [
        (
            "535.183.01",
            "builds for CUDA 12, the newest that R535 serves, end with torch 2.14.1+cu126",
        ),
        ("550.163.01", "2.13.0+cu129 and 2.11.0+cu128; newer torch needs driver 580.65.06"),
        (
            "470.256.02",
            "builds for CUDA 11, the newest that R470 serves, end with torch 2.7.1+cu118",
        ),
        ("580.95.05", None),
        ("390.157", None),
    ],
)
def test_the_end_of_the_builds_that_a_driver_serves(driver: str, words: str | None) -> None:
    found = notices.cuda_end(machine(driver=driver), MATRIX)

    assert (found is None) == (words is None)
    assert found is None or words in found.text
    assert found is None or found.because[0].row.startswith("torch_builds/")


def test_a_newer_driver_is_named_where_it_brings_a_newer_torch_alone() -> None:
    old = notices.cuda_end(machine("Tesla V100-SXM2-16GB"), MATRIX)

    assert old
    assert "newer torch" not in old.text
    assert notices.cuda_end(Machine(gpus=(gpu("NVIDIA B200"),)), MATRIX) is None


@pytest.mark.parametrize(
    ("name", "driver", "first"),
    [
        ("NVIDIA GeForce RTX 5050", "570.86.15", "575.64.03"),
        ("NVIDIA GeForce RTX 5050", "575.64.03", None),
        ("NVIDIA B300 SXM6 AC", "580.65.06", "580.82.07"),
        ("NVIDIA RTX PRO 6000 Blackwell Server Edition", "570.211.01", "575.57.08"),
        ("GH200 480GB", "525.60.13", "535.129.03"),
        ("Tesla V100-SXM2-16GB", "450.80.02", None),
    ],
)
def test_first_drivers(name: str, driver: str, first: str | None) -> None:
    """The list of a release says from when on a product is known; that an older one does not drive it is not said."""
    found = notices.first_listing(gpu(name), DriverRelease.parse(driver))

    assert (found is None) == (first is None)
    assert found is None or f"is listed from driver {first} on" in found.text
    assert found is None or found.text.endswith("is not on record")


@pytest.mark.parametrize(
    ("toolkit", "driver", "name", "refused"),
    [
        ("12.6.3", "525.147.05", "A100-SXM4-40GB", True),
        ("12.6.3", "550.163.01", "A100-SXM4-40GB", False),
        ("12.6.3", "550.163.01", "NVIDIA GeForce RTX 4090", True),
        ("12.4.1", "535.183.01", "NVIDIA GeForce RTX 4090", False),
        ("12.6.3", "560.35.03", "NVIDIA GeForce RTX 4090", False),
        ("13.2.1", "580.95.05", "A100-SXM4-40GB", True),
    ],
)
def test_gates_of_images(toolkit: str, driver: str, name: str, refused: bool) -> None:
    found = notices.image_gate(toolkit, DriverRelease.parse(driver), (gpu(name),), MATRIX)

    assert (found is not None) == refused
    if found:
        assert "NVIDIA_DISABLE_REQUIRE=1" in found.text
        known = f"image_requirements/{toolkit}" in KEYS
        assert found.because[0].row.startswith("image_requirements/" if known else "image_rules/")
        assert found.text.startswith("the image" if known else "where the image")
