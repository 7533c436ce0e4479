"""GPUs at their bounds: names and capabilities, code for them, Jetsons, and cards beside the one that ran."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.judgement import Kind, Status
from torch_doctor.core.records import Gpu, KernelResult
from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease, TorchVersion
from torch_doctor.matrix.law.from_facts import judgement_of
from torch_doctor.matrix.law.gpu import traits_of
from torch_doctor.matrix.law.judge import judge
from torch_doctor.matrix.law.machine import GpuTraits, Machine

from tests.unit.matrix.test_law import MATRIX, build, judged, machine
from tests.unit.matrix.test_law_drivers import of_cuda
from tests.unit.matrix.test_law_parts import facts

A100, V100 = "NVIDIA A100-SXM4-80GB", "Tesla V100-SXM2-16GB"
RTX_5090 = "NVIDIA GeForce RTX 5090"


def traits(name: str | None, capability: str | None = None) -> GpuTraits:
    own = ComputeCapability.parse(capability) if capability else None
    return traits_of(Gpu(0, name, own), MATRIX, listed=True)


@pytest.mark.parametrize(
    ("name", "own", "capability"),
    [
        (A100, None, "8.0"),
        (A100, "9.0", "9.0"),  # what the driver says of the device wins over its name
        ("Who knows", "9.0", "9.0"),
        ("Who knows", None, None),
        ("RTX 4000", None, None),  # Turing, Ada or Blackwell
        ("RTX 4000", "8.9", "8.9"),
    ],
)
def test_the_capability_of_the_device_wins_over_that_of_its_name(
    name: str, own: str | None, capability: str | None
) -> None:
    found = traits(name, own).capability

    assert found == (ComputeCapability.parse(capability) if capability else None)


@pytest.mark.parametrize(
    ("name", "capability", "modules"),
    [
        ("NVIDIA H100 PCIe", None, "supported"),
        ("NVIDIA GH200 480GB", None, "required"),
        ("NVIDIA GH200 480GB", "9.0", "required"),
        (None, "9.0", "some"),
        (None, "8.0", "supported"),
        (None, "7.0", "impossible"),
        (None, "12.0", "required"),
        ("RTX 4000", None, None),  # of one name some need them and some do not
        (V100, None, "impossible"),
        (None, None, None),
    ],
)
def test_which_kernel_modules_a_gpu_asks_for(
    name: str | None, capability: str | None, modules: str | None
) -> None:
    assert traits(name, capability).open_modules == modules


@pytest.mark.parametrize(
    ("name", "capability", "code", "status"),
    [
        (None, "8.0", "sm_80", Status.SUPPORTED),
        (None, "8.6", "sm_80", Status.SUPPORTED),
        # Orin is told by its capability alone, and runs nothing but code for itself
        (None, "8.7", "sm_80", Status.UNSUPPORTED),
        ("Who knows", "8.7", "sm_80", Status.UNSUPPORTED),
        ("Orin", None, "sm_80", Status.UNSUPPORTED),
        (None, "8.7", "sm_87", Status.SUPPORTED),
        (None, "8.9", "sm_80", Status.SUPPORTED),
        (A100, "8.7", "sm_80", Status.SUPPORTED),  # its name is no Jetson's
    ],
)
def test_a_jetson_of_no_name_is_known_by_its_capability(
    name: str | None, capability: str | None, code: str, status: Status
) -> None:
    gpus = (traits(name, capability),)
    own = of_cuda("12.6", code)._replace(origin="source")

    assert judge(machine("580.95.05")._replace(gpus=gpus), own).status is status


def test_a_name_of_several_products_stands_behind_an_answer_with_one_row() -> None:
    rows = [receipt.row for receipt in traits("A100").because]

    assert len(traits("A100").rows) > 1
    assert [row.partition("/")[0] for row in rows] == ["gpus", "architectures"]
    assert [receipt.row for receipt in traits(None, "8.0").because] == ["architectures/8.0"]


@pytest.mark.parametrize(
    ("gpu", "version", "rest"),
    [
        (
            V100,
            "2.11.0+cu130",
            f"{V100} (sm_70): built for sm_75 sm_80 sm_86 sm_90 sm_100 sm_120",
        ),
        (
            RTX_5090,
            "2.6.0+cu124",
            f"{RTX_5090} (sm_120): built for sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90",
        ),
    ],
)
def test_the_words_name_the_gpu_its_code_and_what_the_build_has(
    gpu: str, version: str, rest: str
) -> None:
    (objection,) = judged(machine("580.95.05", gpu), version).objections

    assert objection.message == f"torch {version} has no code for {rest}"


def test_a_cuda_build_without_any_code_has_none_for_a_gpu() -> None:
    empty = build("2.9.1+cu128")._replace(targets=())

    answer = judge(machine("580.95.05", A100), empty)

    assert [one.kind for one in answer.objections] == [Kind.GPU_NEWER_THAN_BUILD]
    assert answer.objections[0].message.endswith("built for no GPU at all")
    assert answer.served == ()


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("2.9.1+cpu", "torch 2.9.1+cpu was built without CUDA"),
        ("2.9.1+rocm6.4", "torch 2.9.1+rocm6.4 is built for AMD GPUs (ROCm), not for CUDA"),
        ("2.9.1+xpu", "torch 2.9.1+xpu is built for Intel GPUs (XPU), not for CUDA"),
    ],
)
def test_a_build_for_other_makers_gpus_says_whose(version: str, words: str) -> None:
    torch, _, variant = version.partition("+")
    other = build("2.9.1+cu128")._replace(torch=torch, variant=variant, cuda=None, targets=())

    answer = judge(machine("580.95.05", A100), other)

    assert [one.message for one in answer.objections] == [words]
    assert answer.of(Kind.BUILD_WITHOUT_CUDA)


def test_a_build_serves_the_gpus_that_it_has_code_for() -> None:
    mixed = machine("580.95.05", V100, A100, "NVIDIA B200")

    assert judged(mixed, "2.11.0+cu130").served == (1, 2)
    assert judged(mixed, "2.10.0+cu126").served == (0, 1)
    nothing = build("2.9.1+cu128")._replace(targets=None)
    assert judge(mixed, nothing).served == ()


def test_a_name_of_several_architectures_is_served_where_a_build_has_code_for_each() -> None:
    ambiguous = machine("580.95.05", "RTX 4000")  # Turing, Ada or Blackwell

    assert judged(ambiguous, "2.11.0+cu130").served == (0,)
    assert judged(ambiguous, "2.9.1+cu126").served == ()
    assert judged(ambiguous, "2.11.0+cu130").status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("platform", "origin", "available", "status"),
    [
        ("jetson", "jetson", True, Status.SUPPORTED),
        ("jetson", "source", True, Status.SUPPORTED),
        ("jetson", "jetson", None, Status.UNKNOWN),
        ("jetson", "jetson", False, Status.UNKNOWN),
        ("jetson", "pytorch", True, Status.UNKNOWN),
        ("linux", "source", True, Status.UNKNOWN),
    ],
)
def test_nvidias_own_build_sees_the_gpu_that_no_tool_of_a_jetson_lists(
    platform: str, origin: str, available: bool | None, status: Status
) -> None:
    here = Machine(
        platform=platform,
        arch="aarch64",
        driver=machine("580.95.05").driver,
        cuda_available=available,
    )
    own = of_cuda("12.6", "sm_87")._replace(origin=origin)

    answer = judge(here, own)

    assert answer.status is status
    assert [doubt.fact for doubt in answer.unknown] == (
        ["gpus"] if status is Status.UNKNOWN else []
    )


@pytest.mark.parametrize(
    ("version", "kinds"),
    [
        ("2.9.1+cu130", [Kind.JETSON_NEEDS_OWN_BUILD]),  # from an index of torch
        ("2.13.0+cu130", [Kind.JETSON_NEEDS_OWN_BUILD]),
        ("2.13.0", [Kind.JETSON_NEEDS_OWN_BUILD]),  # the one that a plain install brings
        ("2.9.1", []),  # no such wheel is on the package index: somebody built it
        ("2.5.0a0+872d972e41.nv24.08", []),  # NVIDIA's
    ],
)
def test_on_an_orin_wheels_for_servers_fail_and_builds_for_jetsons_run(
    version: str, kinds: list[Kind]
) -> None:
    known: dict[str, Any] = {
        "jetson": "R36.4.0",
        "host_arch": "aarch64",
        "gpus": (Gpu(0, "Orin"),),
        "torch_version": TorchVersion(version),
        "torch_cuda": CudaVersion(13, 0),
    }
    if ".nv" in version:
        known.update(torch_origin="jetson", torch_cuda=CudaVersion(12, 6))

    answer = judgement_of(facts(**known), MATRIX)

    assert [one.kind for one in answer.objections] == kinds
    assert answer.status is (Status.UNSUPPORTED if kinds else Status.SUPPORTED)


def test_an_old_card_that_nobody_named_beside_a_gpu_that_ran_may_drive_the_screen() -> None:
    ran = KernelResult(1, True, A100, ComputeCapability(8, 0), uuid="GPU-1")
    old = Gpu(0, None, ComputeCapability(5, 2), uuid="GPU-0")
    known: dict[str, Any] = {
        "gpus": (old, Gpu(1, A100, ComputeCapability(8, 0), uuid="GPU-1")),
        "kernel_results": (ran,),
        "driver_release": DriverRelease.parse("580.95.05"),
        "torch_version": TorchVersion("2.11.0+cu130"),
        "torch_cuda": CudaVersion(13, 0),
    }

    nameless = judgement_of(facts(**known), MATRIX)
    card = old._replace(memory_mib=2048)
    screen = judgement_of(facts(**{**known, "gpus": (card, known["gpus"][1])}), MATRIX)

    assert nameless.status is Status.UNKNOWN
    assert [doubt.what.partition(":")[0] for doubt in nameless.unknown] == ["which GPU it is"]
    assert screen.status is Status.SUPPORTED
    assert [one.gpu for one in screen.aside] == [0]


def test_a_mask_that_nobody_can_read_may_hide_the_gpu_that_fails() -> None:
    here = machine("580.95.05", V100, A100)._replace(mask_open="cuda_device_order", shown=1)

    answer = judged(here, "2.11.0+cu130")

    assert answer.status is Status.UNKNOWN
    assert answer.unknown == ((f"whether CUDA_VISIBLE_DEVICES hides {V100}", "cuda_device_order"),)
    assert judged(here._replace(shown=2), "2.11.0+cu130").status is Status.UNSUPPORTED
