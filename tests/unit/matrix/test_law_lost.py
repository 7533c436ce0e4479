"""What was lost or never told of a machine or a build: what holds whichever it was, and what decides."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.fact import Facts, Reason, Unavailable
from torch_doctor.core.judgement import Kind, Status
from torch_doctor.core.records import Gpu
from torch_doctor.core.version import CudaVersion, DriverRelease, TorchVersion
from torch_doctor.matrix.law.build import build_of
from torch_doctor.matrix.law.from_facts import judgement_of

from tests.unit.matrix.test_law import MATRIX, build
from tests.unit.matrix.test_law_parts import NVML, facts

LOST = Unavailable(Reason.TIMEOUT, "no answer", NVML)
A100, H100, T4 = "NVIDIA A100-SXM4-80GB", "NVIDIA H100 PCIe", "Tesla T4"


def host(gpu: str, torch: str | None, cuda: str | None, *lost: str, **more: Any) -> Facts:
    """Return a host with a new driver, and the facts that were *lost*."""
    known: dict[str, Any] = {
        "gpus": tuple(Gpu(i, name) for i, name in enumerate(gpu.split(", "))),
        "driver_release": DriverRelease.parse("580.95.05"),
        **more,
    }
    if torch:
        known["torch_version"] = TorchVersion(torch)
    if cuda:
        known["torch_cuda"] = CudaVersion.parse(cuda)
    return facts(**known).with_(**dict.fromkeys(lost, LOST))


@pytest.mark.parametrize(
    ("lost", "deciding"),
    [
        (("host_arch",), ["host_arch"]),
        (("wsl", "host_arch"), ["host_arch"]),
        (("host_arch", "torch_origin"), ["host_arch"]),
        (("wsl",), []),
    ],
)
def test_of_what_was_lost_that_is_named_on_which_the_answer_depends(
    lost: tuple[str, ...], deciding: list[str]
) -> None:
    """The wheel of 2.14.0+cu126 for Arm has no code for a T4, the one for x86 has."""
    answer = judgement_of(host(T4, "2.14.0+cu126", "12.6", *lost), MATRIX)

    assert [doubt.fact for doubt in answer.unknown] == deciding
    assert answer.status is (Status.UNKNOWN if deciding else Status.SUPPORTED)


def test_what_a_build_serves_whichever_processor_it_is_on() -> None:
    both = host(f"{T4}, {A100}", "2.14.0+cu126", "12.6", "host_arch")

    assert judgement_of(both, MATRIX).served == (1,)
    assert judgement_of(host(f"{T4}, {A100}", "2.14.0+cu126", "12.6"), MATRIX).served == (0, 1)


def test_of_a_lost_processor_only_those_count_for_which_the_wheel_was_made() -> None:
    """Nobody published 1.13.1+cu117 for Arm, and its wheel for x86 has no code for Hopper."""
    answer = judgement_of(host(H100, "1.13.1+cu117", "11.7", "host_arch"), MATRIX)

    assert answer.status is Status.UNSUPPORTED
    assert [one.kind for one in answer.objections] == [Kind.GPU_NEWER_THAN_BUILD]


@pytest.mark.parametrize(
    ("gpu", "status"),
    [
        (T4, Status.UNSUPPORTED),  # no source tells of code for it
        (A100, Status.UNKNOWN),  # one does
        ("NVIDIA GH200 480GB", Status.SUPPORTED),
    ],
)
def test_of_an_installed_wheel_that_sources_dispute_what_all_tell_is_known(
    gpu: str, status: Status
) -> None:
    known = host(gpu, "2.6.0+cu126", "12.6", host_arch="aarch64")

    assert judgement_of(known, MATRIX).status is status
    near = host(gpu, "2.6.0.dev20250101+cu126", "12.6", host_arch="aarch64")
    assert judgement_of(near, MATRIX).status is Status.SUPPORTED  # another build, not disputed


def test_a_recorded_wheel_that_sources_dispute_has_their_lists() -> None:
    made = build("2.6.0+cu126", "linux-aarch64")

    assert made.targets is None
    assert [" ".join(map(str, one)) for one in made.readings] == [
        "sm_90",
        "sm_50 sm_80 sm_86 sm_89 sm_90 sm_90a",
    ]
    assert build("2.9.1+cu128").readings == ()


def test_on_an_orin_the_words_do_not_speak_of_lists_of_a_wheel_for_servers() -> None:
    orin = host("Orin", "2.6.0+cu126", "12.6", host_arch="aarch64", jetson="R36.4.0")

    (objection,) = judgement_of(orin, MATRIX).objections

    assert objection.kind is Kind.JETSON_NEEDS_OWN_BUILD
    assert objection.message.startswith("Orin is a Jetson: it needs NVIDIA's own build")


@pytest.mark.parametrize(
    ("gpu", "cuda", "arch", "status"),
    [
        # no build of CUDA 12.4 has code for Blackwell, whichever version it is
        ("NVIDIA GeForce RTX 5090", "12.4", "x86_64", Status.UNSUPPORTED),
        (A100, "12.4", "x86_64", Status.SUPPORTED),
        # those of CUDA 12.8 for Arm have none for Turing, those for x86 have
        (T4, "12.8", "aarch64", Status.UNSUPPORTED),
        (T4, "12.8", "x86_64", Status.SUPPORTED),
    ],
)
def test_a_build_known_by_its_cuda_alone_is_one_of_those_of_its_platform(
    gpu: str, cuda: str, arch: str, status: Status
) -> None:
    assert judgement_of(host(gpu, None, cuda, host_arch=arch), MATRIX).status is status


def test_a_build_known_by_its_cuda_alone_may_have_the_ptx_of_any_of_them() -> None:
    made = build_of(host(A100, None, "13.0"), MATRIX)

    assert made is not None
    assert {"sm_75", "sm_120", "compute_120"} <= {str(one) for one in made.targets or ()}
    assert made.confidence == "medium"


@pytest.mark.parametrize(
    ("version", "row"),
    [
        ("2", "2.0.0"),
        ("1", None),  # CUDA 11.8 came with 2.0: none is near
        ("2.0.0a0", "2.0.0"),
        ("2.8.0.dev20250101", "2.7.0"),
    ],
)
def test_the_nearest_release_is_told_by_its_first_two_numbers(
    version: str, row: str | None
) -> None:
    made = build_of(host(A100, f"{version}+cu118", "11.8"), MATRIX)

    assert made is not None
    assert [one.row.split("/")[1] for one in made.because] == ([row] if row else [])
