"""libcuda: which file, and what it answers, against a library that can be told to fail."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.core.fact import Fact, Known, Reason, Unavailable
from torch_doctor.core.records import ApiStatus
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.probes.driver import libcuda
from torch_doctor.probes.host.port import LiveHost

from tests.faults.driver import FakeDriver, no_real_driver


def ask(
    environ: dict[str, str], timeout_s: float = 8.0, *, static: bool = False
) -> dict[str, Fact[Any]]:
    return dict(libcuda.probe(LiveHost(environ=environ), timeout_s, static=static))


def test_a_healthy_libcuda(fake_driver: FakeDriver) -> None:
    facts = ask(fake_driver({"driver": "580.65.06", "cuda": 13000, "count": 4}))
    assert facts["driver_cuda"].value == CudaVersion(13, 0)
    assert facts["cuda_init"].value == ApiStatus(0, "CUDA_SUCCESS", "no error")
    assert facts["cuda_device_count"].value == 4
    assert facts["libcuda"].value.kind == "driver"
    assert facts["libcuda"].value.version == "580.65.06"
    assert facts["libcuda"].value.found_via == "LD_LIBRARY_PATH"
    assert facts["driver_library_release"].value == DriverRelease.parse("580.65.06")
    assert facts["cuda_init"].source.where.endswith("libcuda.so.580.65.06")
    assert set(facts) == set(libcuda.OWNS)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (34, "CUDA_ERROR_STUB_LIBRARY"),
        (100, "CUDA_ERROR_NO_DEVICE"),
        (802, "CUDA_ERROR_SYSTEM_NOT_READY"),
        (803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"),
        (804, "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE"),
        (999, "CUDA_ERROR_UNKNOWN"),
        (5555, "CUDA_ERROR_5555"),
    ],
)
def test_codes_of_init(fake_driver: FakeDriver, code: int, name: str) -> None:
    facts = ask(fake_driver({}, cuda={"cuda": 12080, "cuInit.fault": code}))
    status = facts["cuda_init"]
    assert isinstance(status, Known)
    assert (status.value.code, status.value.name) == (code, name)
    assert facts["driver_cuda"].value == CudaVersion(12, 8)
    count = facts["cuda_device_count"]
    assert (count.value == 0) if isinstance(count, Known) else code != 100


@pytest.mark.parametrize("fault", ["hang", "hang-nosig"])
def test_a_hang_keeps_the_version(fake_driver: FakeDriver, fault: str) -> None:
    facts = ask(fake_driver({}, cuda={"cuInit.fault": fault}), timeout_s=4)
    assert facts["driver_cuda"].value == CudaVersion(12, 4)
    status = facts["cuda_init"]
    assert isinstance(status, Unavailable)
    assert status.reason is Reason.TIMEOUT
    assert "cuInit" in status.detail


@pytest.mark.parametrize(
    ("fault", "word"), [("segv", "SIGSEGV"), ("abort", "SIGABRT"), ("exit", "77")]
)
def test_a_crash_is_named(fake_driver: FakeDriver, fault: str, word: str) -> None:
    status = ask(fake_driver({}, cuda={"cuInit.fault": fault}))["cuda_init"]
    assert isinstance(status, Unavailable)
    assert status.reason is Reason.CRASHED
    assert "cuInit" in status.detail
    assert word in status.detail


def test_noise_is_not_an_answer(fake_driver: FakeDriver) -> None:
    facts = ask(fake_driver({}, cuda={"cuDriverGetVersion.fault": "noise", "cuInit.fault": 802}))
    assert facts["cuda_init"].value.code == 802


@no_real_driver
def test_no_library_is_an_answer() -> None:
    facts = ask({"PATH": ""})
    for name in ("libcuda", "driver_cuda", "cuda_init", "cuda_device_count"):
        fact = facts[name]
        assert isinstance(fact, Unavailable)
        assert fact.reason is Reason.NOT_PRESENT


def test_static_asks_nothing_of_libcuda(fake_driver: FakeDriver) -> None:
    facts = ask(fake_driver({}, cuda={"cuInit.fault": "hang"}), static=True)
    for name in libcuda.CALLS_OWN:
        fact = facts[name]
        assert isinstance(fact, Unavailable)
        assert fact.reason is Reason.NOT_ASKED
    assert facts["libcuda"].value.kind == "driver"


def test_compat_in_front_of_the_driver(fake_driver: FakeDriver, tmp_path: Path) -> None:
    environ = fake_driver({"driver": "550.54.15"})
    driver = Path(environ["LD_LIBRARY_PATH"])
    compat = tmp_path / "cuda-12.8" / "compat"
    compat.mkdir(parents=True)
    shutil.copy(driver / "libcuda.so.550.54.15", compat / "libcuda.so.570.124.06")
    (compat / "libcuda.so.1").symlink_to("libcuda.so.570.124.06")
    facts = ask({**environ, "LD_LIBRARY_PATH": f"{compat}:{driver}"})
    assert (facts["libcuda"].value.kind, facts["libcuda"].value.version) == ("compat", "570.124.06")
    assert [copy.kind for copy in facts["libcuda_copies"].value][:2] == ["compat", "driver"]
    assert facts["driver_library_release"].value == DriverRelease.parse("550.54.15")
    assert facts["cuda_init"].source.where.endswith("compat/libcuda.so.570.124.06")


@no_real_driver
def test_the_release_comes_from_nvml_where_there_is_no_libcuda(fake_driver: FakeDriver) -> None:
    facts = ask(fake_driver({"driver": "535.54.03"}, cuda=None), static=True)
    assert facts["driver_library_release"].value == DriverRelease.parse("535.54.03")
    assert isinstance(facts["libcuda"], Unavailable)
