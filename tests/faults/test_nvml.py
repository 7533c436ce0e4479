"""NVML through the real nvidia-ml-py, against a library that can be told to fail."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest
from torch_doctor.core.fact import Fact, Known, Reason, Unavailable
from torch_doctor.core.records import ApiStatus, Gpu
from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease
from torch_doctor.probes.driver import nvml
from torch_doctor.probes.host.port import LiveHost

from tests.faults.driver import FakeDriver, no_real_driver

WELL = {"driver": "580.65.06", "cuda": 13000}


def ask(environ: dict[str, str], timeout_s: float = 8.0) -> dict[str, Fact[Any]]:
    return dict(nvml.probe(LiveHost(environ=environ), timeout_s))


def gpus(facts: dict[str, Fact[Any]]) -> tuple[Gpu, ...]:
    fact = facts["gpus"]
    assert isinstance(fact, Known), fact
    return fact.value


def test_every_field_of_a_gpu(fake_driver: FakeDriver) -> None:
    environ = fake_driver(
        {
            **WELL,
            "gpu.name": "NVIDIA H100 80GB HBM3",
            "gpu.cc": "9.0",
            "gpu.memory": 81559,
            "gpu.used": 512,
            "gpu.mig": 0,
            "gpu.ecc": 1,
            "gpu.ecc.volatile": 2,
            "gpu.ecc.aggregate": 7,
            "gpu.rows": "1,2,1,0",
            "gpu.pages": 0,
            "gpu.compute": 3,
            "gpu.persistence": 0,
            "gpu.throttle": 0x44,
            "gpu.fabric": "3,0",
            "gpu.processes": 3,
        }
    )
    facts = ask(environ)
    assert gpus(facts) == (
        Gpu(
            0,
            "NVIDIA H100 80GB HBM3",
            ComputeCapability(9, 0),
            "0000:18:00.0",
            "GPU-abc00000-aaaa-bbbb-cccc-0123456789ab",
            81559,
            512,
            mig_mode=False,
            ecc_mode=True,
            ecc_uncorrected=2,
            ecc_uncorrected_lifetime=7,
            rows_remapped=3,
            row_remap_pending=True,
            row_remap_failed=False,
            pages_retired_pending=False,
            processes=3,
            compute_mode="exclusive-process",
            persistence=False,
            throttle_reasons=("power-cap", "hardware-thermal"),
            fabric_state="completed",
        ),
    )
    assert facts["driver_release"].value == DriverRelease.parse("580.65.06")
    assert facts["driver_cuda"].value == CudaVersion(13, 0)
    assert facts["nvml_status"].value == ApiStatus(0, "NVML_SUCCESS")
    assert facts["nvml_library"].value.endswith("/driver/libnvidia-ml.so.580.65.06")
    assert set(facts) == set(nvml.OWNS)


@pytest.mark.parametrize(
    ("code", "name", "reason"),
    [
        (4, "NVML_ERROR_NO_PERMISSION", Reason.DENIED),
        (9, "NVML_ERROR_DRIVER_NOT_LOADED", Reason.NOT_PRESENT),
        (12, "NVML_ERROR_LIBRARY_NOT_FOUND", Reason.CRASHED),
        (15, "NVML_ERROR_GPU_IS_LOST", Reason.CRASHED),
        (18, "NVML_ERROR_LIB_RM_VERSION_MISMATCH", Reason.CRASHED),
        (999, "NVML_ERROR_UNKNOWN", Reason.CRASHED),
    ],
)
def test_codes_of_init(fake_driver: FakeDriver, code: int, name: str, reason: Reason) -> None:
    facts = ask(fake_driver({"nvmlInit.fault": code}))
    status = facts["nvml_status"]
    assert isinstance(status, Known)
    assert (status.value.code, status.value.name) == (code, name)
    for fact in ("gpus", "driver_release", "driver_cuda"):
        unknown = facts[fact]
        assert isinstance(unknown, Unavailable)
        assert unknown.reason is reason
        assert str(code) in unknown.detail
    assert isinstance(facts["nvml_library"], Known)


@no_real_driver
def test_no_library_is_an_answer() -> None:
    facts = ask({"PATH": ""})
    for name in nvml.OWNS:
        fact = facts[name]
        assert isinstance(fact, Unavailable)
        assert fact.reason is Reason.NOT_PRESENT
    assert "libnvidia-ml.so.1" in str(facts["nvml_status"])


def test_a_library_that_cannot_be_loaded_is_no_absent_library(fake_driver: FakeDriver) -> None:
    environ = fake_driver({}, cuda=None)
    link = environ["LD_LIBRARY_PATH"] + "/libnvidia-ml.so.550.54.15"
    with open(link, "wb") as file:
        file.write(b"\x7fELF and no more")
    facts = ask(environ)
    assert isinstance(facts["nvml_status"], Unavailable)
    assert facts["nvml_status"].reason is Reason.CRASHED


@pytest.mark.parametrize("fault", ["hang", "hang-nosig"])
def test_a_hang_in_init_names_init(fake_driver: FakeDriver, fault: str) -> None:
    started = time.monotonic()
    facts = ask(fake_driver({"nvmlInit.fault": fault}), timeout_s=4)
    assert time.monotonic() - started < 60
    status = facts["nvml_status"]
    assert isinstance(status, Unavailable)
    assert status.reason is Reason.TIMEOUT
    assert "nvmlInit" in status.detail
    assert facts["gpus"] == status
    assert isinstance(facts["nvml_library"], Known)


@pytest.mark.parametrize(("fault", "word"), [("segv", "SIGSEGV"), ("abort", "SIGABRT")])
def test_a_crash_in_init_names_the_signal(fake_driver: FakeDriver, fault: str, word: str) -> None:
    status = ask(fake_driver({"nvmlInit.fault": fault}))["nvml_status"]
    assert isinstance(status, Unavailable)
    assert status.reason is Reason.CRASHED
    assert word in status.detail
    assert "nvmlInit" in status.detail
    assert status.source.kind == "child"


def test_a_library_that_ends_the_process(fake_driver: FakeDriver) -> None:
    status = ask(fake_driver({"nvmlInit.fault": "exit"}))["nvml_status"]
    assert isinstance(status, Unavailable)
    assert status.reason is Reason.CRASHED
    assert "77" in status.detail


def test_noise_on_stdout_is_not_an_answer(fake_driver: FakeDriver) -> None:
    facts = ask(
        fake_driver(
            {**WELL, "nvmlInit.fault": "noise", "nvmlSystemGetDriverVersion.fault": "noise"}
        )
    )
    assert facts["driver_release"].value == DriverRelease.parse("580.65.06")
    assert len(gpus(facts)) == 1


def test_a_lost_gpu_hides_no_other(fake_driver: FakeDriver) -> None:
    found = gpus(ask(fake_driver({**WELL, "count": 8, "gpu3.lost": 1})))
    assert [gpu.index for gpu in found] == list(range(8))
    assert [gpu.index for gpu in found if gpu.lost] == [3]
    assert all(gpu.name and gpu.compute_capability for gpu in found if not gpu.lost)
    assert found[3].name is None
    assert "GPU_IS_LOST" in found[3].faults[0]
    assert not any(gpu.faults for gpu in found if not gpu.lost)


def test_a_gpu_that_is_lost_while_it_is_read(fake_driver: FakeDriver) -> None:
    found = gpus(ask(fake_driver({**WELL, "count": 2, "gpu1.nvmlDeviceGetMemoryInfo.fault": 15})))
    assert (found[0].lost, found[1].lost) == (False, True)
    assert found[1].name
    assert found[1].memory_mib is None


def test_a_hang_at_one_gpu_keeps_those_before_it(fake_driver: FakeDriver) -> None:
    environ = fake_driver({**WELL, "count": 4, "gpu2.nvmlDeviceGetHandleByIndex_v2.fault": "hang"})
    facts = ask(environ, timeout_s=4)
    found = gpus(facts)
    assert [bool(gpu.name) for gpu in found] == [True, True, False, False]
    assert "opening GPU 2" in found[2].faults[0]
    assert facts["driver_release"].value.branch == 580


def test_a_hang_in_a_health_getter_keeps_the_identity(fake_driver: FakeDriver) -> None:
    environ = fake_driver({**WELL, "nvmlDeviceGetEccMode.fault": "hang"})
    (gpu,) = gpus(ask(environ, timeout_s=4))
    assert gpu.compute_capability == ComputeCapability(8, 0)
    assert "the state of GPU 0" in gpu.faults[0]


def test_old_drivers_lack_symbols(fake_driver: FakeDriver) -> None:
    missing = ("nvmlDeviceGetRemappedRows", "nvmlDeviceGetGpuFabricInfoV", "nvmlDeviceGetMigMode")
    (gpu,) = gpus(ask(fake_driver({**WELL, "gpu.ecc": 1}, missing=missing)))
    assert gpu.ecc_mode is True
    assert gpu.mig_mode is None
    assert gpu.faults == ()


def test_a_missing_capability_is_a_fault(fake_driver: FakeDriver) -> None:
    environ = fake_driver(WELL, missing=("nvmlDeviceGetCudaComputeCapability",))
    (gpu,) = gpus(ask(environ))
    assert gpu.compute_capability is None
    assert "FUNCTION_NOT_FOUND" in gpu.faults[0]


def test_mig_instances(fake_driver: FakeDriver) -> None:
    keys = {
        **WELL,
        "gpu.mig": 1,
        "gpu.mig.devices": 2,
        "gpu.mig.name": "3g.20gb",
        "gpu.memory": 40960,
    }
    (gpu,) = gpus(ask(fake_driver(keys)))
    assert gpu.mig_mode is True
    assert gpu.mig_devices is not None
    assert [device.profile for device in gpu.mig_devices] == ["3g.20gb", "3g.20gb"]
    assert gpu.mig_devices[1].uuid == "MIG-00000000-1111-2222-3333-000000000001"
    assert gpu.mig_devices[0].memory_mib == 5120
    assert gpu.faults == ()


@pytest.mark.parametrize("code", [1, 3, 4, 15, 999])
@pytest.mark.parametrize(
    "getter", ["nvmlDeviceGetMaxMigDeviceCount", "nvmlDeviceGetMigDeviceHandleByIndex"]
)
def test_instances_that_cannot_be_read_are_not_none(
    fake_driver: FakeDriver, getter: str, code: int
) -> None:
    keys = {**WELL, "gpu.mig": 1, "gpu.mig.devices": 2, f"{getter}.fault": code}
    (gpu,) = gpus(ask(fake_driver(keys)))
    assert gpu.mig_mode is True
    assert gpu.mig_devices is None


def test_no_instance_is_an_answer(fake_driver: FakeDriver) -> None:
    (gpu,) = gpus(ask(fake_driver({**WELL, "gpu.mig": 1, "gpu.mig.devices": 0})))
    assert (gpu.mig_mode, gpu.mig_devices, gpu.faults) == (True, (), ())


def test_no_permission_for_memory_is_no_fault(fake_driver: FakeDriver) -> None:
    (gpu,) = gpus(ask(fake_driver({**WELL, "nvmlDeviceGetMemoryInfo.fault": 4})))
    assert gpu.memory_mib is None
    assert gpu.faults == ()


def test_an_unknown_error_of_a_getter_is_a_fault(fake_driver: FakeDriver) -> None:
    (gpu,) = gpus(ask(fake_driver({**WELL, "nvmlDeviceGetEccMode.fault": 999})))
    assert gpu.faults == ("nvmlDeviceGetEccMode answers NVML_ERROR_UNKNOWN (999)",)


def test_hostile_names_are_made_visible(fake_driver: FakeDriver) -> None:
    (gpu,) = gpus(ask(fake_driver({**WELL, "gpu.name": "evil \x1b]52;c;AAAA\x07 name"})))
    assert gpu.name == "evil \\x1b]52;c;AAAA\\x07 name"


def test_no_gpu_at_all(fake_driver: FakeDriver) -> None:
    assert gpus(ask(fake_driver({**WELL, "count": 0}))) == ()


def test_count_that_fails_is_not_zero_gpus(fake_driver: FakeDriver) -> None:
    fact = ask(fake_driver({**WELL, "nvmlDeviceGetCount_v2.fault": 999}))["gpus"]
    assert isinstance(fact, Unavailable)
    assert fact.reason is Reason.CRASHED


def test_a_missing_binding_is_not_a_missing_driver(
    fake_driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nvml, "find_binding", lambda: None)
    status = ask(fake_driver(WELL))["nvml_status"]
    assert isinstance(status, Unavailable)
    assert status.reason is Reason.CRASHED
    assert "nvidia-ml-py" in status.detail


@no_real_driver
@pytest.mark.needs_root
def test_root_loads_no_driver_from_a_folder_of_somebody_else(fake_driver: FakeDriver) -> None:
    environ = fake_driver({**WELL, "nvmlInit.fault": "exit"})
    os.chown(environ["LD_LIBRARY_PATH"], 12345, 0)

    facts = ask(environ)

    status = facts["nvml_status"]
    assert isinstance(status, Unavailable)
    assert status.reason is Reason.DENIED
    assert "belongs to user 12345" in status.detail
    trusted = ask({**environ, "TORCH_DOCTOR_TRUST_ENVIRONMENT": "1"})["nvml_status"]
    assert isinstance(trusted, Unavailable)
    assert trusted.reason is Reason.CRASHED
