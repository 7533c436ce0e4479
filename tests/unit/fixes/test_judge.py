"""Which cures are shown: those that help the whole host, and those of which nobody can tell."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.finding import Finding, Fix
from torch_doctor.core.records import ErrorSeen, Gpu, LibraryFile
from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease, TorchVersion
from torch_doctor.diagnose import GivenToRules, Rejudge, diagnose
from torch_doctor.engine.evaluate import Options
from torch_doctor.matrix.load import load_matrix
from torch_doctor.rules import load_rules

from tests.resting import rests_on

MATRIX = load_matrix()
NVML = Source("nvml", "libnvidia-ml.so.1")


def findings(**known: Any) -> dict[str, Finding]:
    values = {"os_family": "linux", "host_arch": "x86_64", "wsl": False, **known}
    report = diagnose(Facts({name: Known(value, NVML) for name, value in values.items()}), MATRIX)
    return {finding.code: finding for finding in report.findings}


def fixes_of(code: str, **known: Any) -> tuple[Fix, ...]:
    return findings(**known)[code].fixes


RTX_3090 = Gpu(0, "NVIDIA GeForce RTX 3090", ComputeCapability(8, 6))
OLD_DRIVER = {
    "driver_release": DriverRelease.parse("535.183.01"),
    "gpus": (RTX_3090,),
    "torch_version": TorchVersion.parse("2.9.1+cu130"),
    "torch_cuda": CudaVersion(13, 0),
    "torch_variant": "cuda",
}


@rests_on("TD120")
def test_another_build_and_another_driver_both_take_the_finding_away() -> None:
    shown = fixes_of("TD120", **OLD_DRIVER)

    assert {(fix.action, fix.judged) for fix in shown} == {
        ("install-torch", "gone"),
        ("update-driver", "gone"),
    }


@rests_on("TD118", "TD120")
def test_no_other_torch_is_offered_for_a_compat_library_that_is_refused() -> None:
    compat = LibraryFile("/usr/local/cuda/compat/libcuda.so.1", "compat", "580.65.06")

    shown = fixes_of("TD118", **OLD_DRIVER, libcuda=compat)

    assert [fix.action for fix in shown] == ["steps", "update-driver"]
    assert shown[0].text.startswith("take /usr/local/cuda/compat out of")
    assert "then install torch==2.9.1+cu126 instead" in shown[0].text


@rests_on("TD703")
def test_of_what_was_only_seen_nobody_can_tell_whether_it_is_gone() -> None:
    hang = ErrorSeen("NCCL hangs for ever; with NCCL_P2P_DISABLE=1 it works")

    shown = fixes_of("TD703", **OLD_DRIVER, remarks=(hang,))

    assert {fix.judged for fix in shown} == {"not-modelled"}


def test_the_rest_of_the_host_is_not_made_worse() -> None:
    """A cure that trades one error for another is none."""
    for finding in findings(**OLD_DRIVER, cuda_visible_devices="").values():
        for fix in finding.fixes:
            assert fix.judged in ("gone", "not-modelled")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("driver_release", DriverRelease.parse("580.95.05")),
        ("torch_cuda", CudaVersion(12, 6)),
        ("gpus", ()),
        ("errors_seen", (ErrorSeen("CUDA error: no kernel image is available for execution"),)),
        ("os_family", "windows"),
        ("container", "docker"),
    ],
)
def test_a_rule_that_is_asked_alone_says_what_it_says_among_all(name: str, value: object) -> None:
    values = {"os_family": "linux", "host_arch": "x86_64", "wsl": False, **OLD_DRIVER}
    facts = Facts({one: Known(held, NVML) for one, held in values.items()})
    before, rules, bench = diagnose(facts, MATRIX), load_rules(), GivenToRules(facts, MATRIX)
    again = Rejudge(bench, rules, Options(), before)
    changed = facts.with_(**{name: Known(value, NVML)})
    whole = {(one.code, one.subject) for one in diagnose(changed, MATRIX).findings}

    for found in before.findings:
        assert again.still_says(found, changed) == ((found.code, found.subject) in whole)
        assert again.still_says(found, facts)
