"""Builds that no table lists, GPUs whose names are not listed, and builds of which half is known."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.fact import Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.judgement import Kind, Status
from torch_doctor.core.records import Gpu
from torch_doctor.core.version import CudaVersion, DriverRelease, SmTarget, TorchVersion
from torch_doctor.matrix.law.from_facts import judgement_of
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.query import gpus_named

MATRIX = load_matrix()
SOURCE = Source("report", "report", 1)


def host(gpu: str, driver: str | None, torch: str | None, cuda: str | None, **more: Any) -> Facts:
    known: dict[str, Any] = {"os_family": "linux", "gpus": (Gpu(0, gpu),), **more}
    if driver:
        known["driver_release"] = DriverRelease.parse(driver)
    if torch:
        known["torch_version"] = TorchVersion.parse(torch)
    if cuda:
        known["torch_cuda"] = CudaVersion.parse(cuda)
    return Facts({name: Known(value, SOURCE) for name, value in known.items()})


@pytest.mark.parametrize(
    ("gpu", "driver", "torch", "cuda"),
    [
        ("GeForce GTX 1080 Ti", "384.130", "1.0.0", "9.0"),  # a release older than the matrix
        ("NVIDIA A100-SXM4-80GB", "525.105.17", "2.1.0a0+32f93b1", "12.2"),  # an NGC build
        ("NVIDIA GeForce RTX 3080", "570.153.02", "2.4.1.post302", "12.0"),  # conda-forge's
        ("NVIDIA GeForce RTX 5090", "610.43.02", "2.16.0.dev20261101+cu132", "13.2"),  # a nightly
    ],
)
def test_an_unlisted_build_runs_what_its_cuda_compiles(
    gpu: str, driver: str, torch: str, cuda: str
) -> None:
    assert judgement_of(host(gpu, driver, torch, cuda), MATRIX).status is Status.SUPPORTED


@pytest.mark.parametrize(
    ("gpu", "torch", "cuda"),
    [
        ("NVIDIA GeForce RTX 5090", "1.14.0a0+410ce96", "11.8"),
        ("Tesla V100-SXM2-16GB", "2.17.0a0+abc", "13.0"),
        ("GeForce GT 740", "1.3.0a0+7f73f1d", "10.1"),
    ],
)
def test_an_assumption_is_never_a_no(gpu: str, torch: str, cuda: str) -> None:
    judgement = judgement_of(host(gpu, "580.95.05", torch, cuda), MATRIX)

    assert judgement.status is Status.UNKNOWN
    assert not judgement.objections


def test_targets_in_a_message_are_enough() -> None:
    listed = tuple(SmTarget.parse(f"sm_{number}") for number in (50, 60, 70, 75, 80, 86, 90))
    judgement = judgement_of(host("RTX 5080", None, None, None, arch_list=listed), MATRIX)

    assert [o.kind for o in judgement.objections] == [Kind.GPU_NEWER_THAN_BUILD]
    fits = judgement_of(host("RTX 4080", None, None, None, arch_list=listed), MATRIX)
    assert fits.status is Status.UNKNOWN  # its CUDA and the driver are not known


def test_a_version_alone_does_not_say_that_there_is_no_cuda() -> None:
    judgement = judgement_of(host("RTX 3080", "535.54", "1.1.0", None), MATRIX)

    assert judgement.status is Status.UNKNOWN


def test_cuda_that_is_available_settles_the_driver() -> None:
    facts = host("NVIDIA A100-SXM4-80GB", None, "2.5.1+cu124", "12.4", cuda_available=True)

    assert judgement_of(facts, MATRIX).status is Status.SUPPORTED
    assert judgement_of(facts.without("cuda_available"), MATRIX).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("name", "capability"),
    [
        ("GRID T4-16Q", "7.5"),
        ("GRID A100D-40C", "8.0"),
        ("NVIDIA L40S-48Q", "8.9"),
        ("NVIDIA A100-4-20C", "8.0"),
        ("NVIDIA H20Z", "9.0"),
        ("NVIDIA H100 64GB HBM2", "9.0"),
        ("Orin (nvgpu)", "8.7"),
        ("NVIDIA A100-PCIE-40GB MIG 3g.20gb", "8.0"),
    ],
)
def test_shares_and_forms_of_a_board(name: str, capability: str) -> None:
    found = {text for row in gpus_named(MATRIX, name).rows for text in row.capabilities}

    assert found == {capability}


@pytest.mark.parametrize(
    "name", ["GTX 980Z", "NVIDIA A5050X", "T1234", "unknown-16Q", "", "(nvgpu)", "-1Q"]
)
def test_no_name_is_guessed(name: str) -> None:
    assert gpus_named(MATRIX, name).rows == ()


@pytest.mark.parametrize("gpu", ["Tesla T4", "Quadro RTX 5000"])
@pytest.mark.parametrize("reason", [r for r in Reason if r is not Reason.NOT_ASKED])
def test_a_processor_that_was_lost_is_not_taken_for_the_common_one(
    gpu: str, reason: Reason
) -> None:
    named = host(gpu, "580.95.05", "2.14.0+cu126", "12.6")
    arm = named.with_(host_arch=Known("aarch64", SOURCE))
    lost = named.with_(host_arch=Unavailable(reason, "no answer", SOURCE))

    assert judgement_of(arm, MATRIX).status is Status.UNSUPPORTED
    assert judgement_of(lost, MATRIX).status is Status.UNKNOWN
    assert judgement_of(lost, MATRIX).unknown == (
        (
            f"whether the processor is x86_64 or aarch64 (host_arch: {reason.value}: no answer)",
            "host_arch",
        ),
    )
    assert judgement_of(named, MATRIX).status is Status.SUPPORTED


def test_a_lost_processor_does_not_matter_where_both_serve() -> None:
    lost = host("NVIDIA A100-SXM4-80GB", "580.95.05", "2.14.0+cu126", "12.6")
    lost = lost.with_(host_arch=Unavailable(Reason.TIMEOUT, "no answer", SOURCE))

    assert judgement_of(lost, MATRIX).status is Status.SUPPORTED
