"""Which release of cuda-toolkit goes with the libraries that a torch pins."""

from __future__ import annotations

from torch_doctor.matrix.builds.toolkits import libraries_apart, toolkit_apart
from torch_doctor.matrix.load import load_matrix

MATRIX = load_matrix()


def test_one_release_that_has_all_libraries_is_enough() -> None:
    pins = {"nvidia-cublas-cu12": "12.4.5.8", "nvidia-cuda-nvrtc-cu12": "12.4.127"}

    assert toolkit_apart("==12.*", pins, MATRIX) is None


def test_libraries_of_two_releases_are_in_none() -> None:
    pins = {"nvidia-cublas-cu12": "12.4.5.8", "nvidia-cuda-nvrtc-cu12": "12.4.99"}
    nearest = toolkit_apart("==12.*", pins, MATRIX)

    assert nearest is not None and nearest.version in ("12.4.0", "12.4.1")
    assert len(libraries_apart(nearest, pins)) == 1


def test_a_range_without_a_release_on_record_says_nothing() -> None:
    assert toolkit_apart("==99.*", {"nvidia-cublas-cu12": "12.4.5.8"}, MATRIX) is None


def test_ranges_and_other_packages_are_not_held_against_it() -> None:
    pins = {"nvidia-cublas-cu12": ">=12.1", "nvidia-nccl-cu12": "2.27.3"}

    assert toolkit_apart("==12.*", pins, MATRIX) is None


def test_a_number_that_only_begins_alike_is_another_release() -> None:
    row = next(row for row in MATRIX.toolkit_packages if row.version == "12.4.1")

    assert libraries_apart(row, {"nvidia-cublas-cu12": "12.4.5.88"}) == ("nvidia-cublas-cu12",)
    assert not libraries_apart(row, {"nvidia-cublas-cu12": "12.4.5.8.1"})
