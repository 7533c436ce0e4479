"""Version types order by number, print as written and refuse nonsense."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.version import (
    ComputeCapability,
    CudaVersion,
    DriverRelease,
    SmTarget,
    TorchVersion,
)


@pytest.mark.parametrize(
    ("older", "newer"),
    [("525.60.13", "580.65.06"), ("570.26", "570.124.06"), ("580", "580.65.06"), ("99.1", "450.1")],
)
def test_drivers_order_by_number(older: str, newer: str) -> None:
    assert DriverRelease.parse(older) < DriverRelease.parse(newer)


def test_driver_prints_as_written_and_compares_by_value() -> None:
    assert str(DriverRelease.parse("580.65.06")) == "580.65.06"
    assert DriverRelease.parse("580.65.06") == DriverRelease.parse("580.65.6")
    assert DriverRelease.parse("566.36").branch == 566


@pytest.mark.parametrize(
    ("number", "expected"), [(12080, "12.8"), (11040, "11.4"), (13000, "13.0"), (12070, "12.7")]
)
def test_cuda_from_the_driver_number(number: int, expected: str) -> None:
    assert str(CudaVersion.from_int(number)) == expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("cu128", "12.8"), ("cu92", "9.2"), ("cu1210", "12.10"), ("cu130", "13.0")],
)
def test_cuda_from_the_wheel_tag(tag: str, expected: str) -> None:
    assert CudaVersion.from_tag(tag) == CudaVersion.parse(expected)
    assert CudaVersion.parse(expected).tag == tag


def test_cuda_orders_by_number_not_by_text() -> None:
    assert CudaVersion.parse("12.10") > CudaVersion.parse("12.8")
    assert CudaVersion.parse("12.8.93") == CudaVersion.parse("12.8")


@pytest.mark.parametrize(
    ("text", "capability", "ptx", "suffix"),
    [
        ("sm_86", "8.6", False, ""),
        ("sm_120", "12.0", False, ""),
        ("sm_90a", "9.0", False, "a"),
        ("sm_100f", "10.0", False, "f"),
        ("compute_120", "12.0", True, ""),
    ],
)
def test_target(text: str, capability: str, ptx: bool, suffix: str) -> None:
    target = SmTarget.parse(text)

    assert str(target) == text
    assert target.capability == ComputeCapability.parse(capability)
    assert (target.ptx, target.suffix) == (ptx, suffix)


@pytest.mark.parametrize(
    ("text", "release", "local", "is_release"),
    [
        ("2.8.0+cu128", (2, 8, 0), "cu128", True),
        ("2.15.0", (2, 15, 0), "", True),
        ("2.9.0a0+50eac811a6.nv25.09", (2, 9, 0), "50eac811a6.nv25.09", False),
        ("2.12.0.dev20260401+cu130", (2, 12, 0), "cu130", False),
    ],
)
def test_torch_version(text: str, release: tuple[int, ...], local: str, is_release: bool) -> None:
    version = TorchVersion.parse(text)

    assert (version.release, version.local, version.is_release) == (release, local, is_release)
    assert str(version) == text


PARSERS: list[Callable[[str], object]] = [
    DriverRelease.parse,
    CudaVersion.parse,
    CudaVersion.from_tag,
    ComputeCapability.parse,
    SmTarget.parse,
    TorchVersion.parse,
]


@pytest.mark.parametrize("parse", PARSERS)
@given(text=st.text(max_size=40))
def test_nonsense_is_refused_with_a_clear_line(parse: Callable[[str], object], text: str) -> None:
    try:
        parse(text)
    except ValueError as error:
        assert "expected something like" in str(error)  # noqa: PT017  most texts parse


@given(st.integers(10, 999), st.integers(0, 999), st.integers(0, 99))
def test_driver_round_trip(branch: int, minor: int, patch: int) -> None:
    text = f"{branch}.{minor}.{patch:02}"

    assert str(DriverRelease.parse(text)) == text


@given(st.integers(5, 19), st.integers(0, 9), st.sampled_from(["", "a", "f"]), st.booleans())
def test_target_round_trip(major: int, minor: int, suffix: str, ptx: bool) -> None:
    target = SmTarget(ComputeCapability(major, minor), suffix, ptx)

    assert SmTarget.parse(str(target)) == target
