"""The line about the driver says what is known of it, and no more."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.fact import Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.judgement import Judgement, Status
from torch_doctor.core.records import ApiStatus, KernelModule, KernelResult, ProofStep
from torch_doctor.core.report import Report, Verdict
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.render.layers import summaries

SOURCE = Source("nvml")
GONE = Unavailable(Reason.NOT_PRESENT)
MISMATCH = ApiStatus(18, "NVML_ERROR_LIB_RM_VERSION_MISMATCH", "Driver/library version mismatch")


def driver_line(**facts: Any) -> tuple[str, str]:
    known = {
        name: value if isinstance(value, Unavailable) else Known(value, SOURCE)
        for name, value in facts.items()
    }
    report = Report(Verdict.UNDECIDED, (), (), Facts(known), Judgement(Status.UNKNOWN))
    line = next(line for line in summaries(report) if line.title == "Driver")
    return line.state, line.text


@pytest.mark.parametrize(
    ("status", "state", "words"),
    [
        (ApiStatus(0, "NVML_SUCCESS"), "ok", "release unknown; NVML answers success"),
        (
            MISMATCH,
            "ok",
            f"release unknown; NVML answers {MISMATCH.name} (18) {MISMATCH.message}",
        ),
        (
            ApiStatus(999, "NVML_ERROR_UNKNOWN", "Unknown Error"),
            "unknown",
            "unknown; NVML answers NVML_ERROR_UNKNOWN (999) Unknown Error",
        ),
        (
            ApiStatus(9, "NVML_ERROR_DRIVER_NOT_LOADED", "Driver Not Loaded"),
            "absent",
            "the NVIDIA driver is not loaded",
        ),
        (
            ApiStatus(12, "NVML_ERROR_LIBRARY_NOT_FOUND", "NVML Shared Library Not Found"),
            "absent",
            "NVML's library was not found",
        ),
        (GONE, "absent", "no NVIDIA driver"),
        (Unavailable(Reason.TIMEOUT, "5 s"), "unknown", "unknown (timeout: 5 s)"),
    ],
    ids=lambda value: str(getattr(value, "code", "")),
)
def test_a_driver_without_release_is_what_nvml_says(status: Any, state: str, words: str) -> None:
    assert driver_line(nvml_status=status, driver_release=GONE) == (state, words)
    if not isinstance(status, Unavailable):
        assert driver_line(nvml_status=status) == (state, words)


def test_a_driver_without_release_is_shown_by_its_parts() -> None:
    module = KernelModule(DriverRelease.parse("580.95.05"), "open")
    library = DriverRelease.parse("580.95.05")

    assert driver_line(kernel_module=module, driver_release=GONE) == (
        "ok",
        "release unknown; kernel module 580.95.05 (open)",
    )
    assert driver_line(nvml_status=MISMATCH, kernel_module=module)[0] == "ok"
    assert driver_line(
        nvml_status=ApiStatus(9, "NVML_ERROR_DRIVER_NOT_LOADED"), driver_library_release=library
    ) == (
        "unknown",
        "unknown; driver files of 580.95.05, NVML answers NVML_ERROR_DRIVER_NOT_LOADED (9)",
    )
    assert "reports CUDA 13.0" in driver_line(driver_cuda=CudaVersion(13, 0))[1]


def test_nothing_asked_is_not_nothing_there() -> None:
    assert driver_line() == ("unknown", "unknown (not asked)")
    assert driver_line(container="docker", driver_release=GONE)[1] == (
        "no NVIDIA driver, in a docker container"
    )


def test_what_the_driver_ran_and_took_stands_there_until_torch_says_more() -> None:
    facts = {
        "driver_release": DriverRelease.parse("580.95.05"),
        "driver_kernels": (KernelResult(0, True), KernelResult(1, True), KernelResult(2, False)),
        "driver_proof": (ProofStep("code", True, 0.1, 0, "torch", taken=12, tried=12),),
    }
    refused = ProofStep("code", False, 0.1, 1, "torch", 209)

    ran = "580.95.05; it ran a kernel on 2 GPUs"
    assert driver_line(**facts) == ("ok", f"{ran} and takes torch's code")
    facts["driver_proof"] += (refused,)
    assert driver_line(**facts) == ("ok", ran)
    assert driver_line(**facts, kernel_results=(KernelResult(0, True),)) == ("ok", "580.95.05")
