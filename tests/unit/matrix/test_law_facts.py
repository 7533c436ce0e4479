"""What is drawn from facts for the law: the machine, the build that is installed, and what a lost fact leaves open."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.fact import Facts, Known, Reason, Unavailable
from torch_doctor.core.judgement import Status
from torch_doctor.core.records import ApiStatus, Gpu, KernelResult
from torch_doctor.core.version import (
    ComputeCapability,
    CudaVersion,
    DriverRelease,
    SmTarget,
    TorchVersion,
)
from torch_doctor.matrix.law.build import build_of, published_platforms
from torch_doctor.matrix.law.from_facts import judgement_of, machine_of
from torch_doctor.matrix.law.machine import Build
from torch_doctor.matrix.law.platform import platform_of, processor_of, wheel_platform

from tests.unit.matrix.test_law import MATRIX
from tests.unit.matrix.test_law_parts import NVML, drawn, facts

LOST = Unavailable(Reason.TIMEOUT, "no answer", NVML)
H100 = Gpu(0, "NVIDIA H100 PCIe", ComputeCapability(9, 0))
HOST: dict[str, Any] = {
    "gpus": (H100,),
    "driver_release": DriverRelease.parse("580.95.05"),
    "driver_cuda": CudaVersion(13, 0),
    "torch_version": TorchVersion("2.9.1+cu128"),
    "torch_cuda": CudaVersion(12, 8),
}


def host(**other: Any) -> Facts:
    return facts(**{**HOST, **other})


def installed(**known: Any) -> Build:
    made = build_of(facts(**known), MATRIX)
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("known", "platform", "wheels"),
    [
        ({}, "linux", "linux-x86_64"),
        ({"os_family": "windows"}, "windows", "windows-x86_64"),
        ({"wsl": "2"}, "wsl", "linux-x86_64"),
        ({"jetson": "R36", "host_arch": "aarch64"}, "jetson", "linux-aarch64"),
    ],
)
def test_a_platform_has_one_name_for_the_law_and_one_for_wheels(
    known: dict[str, Any], platform: str, wheels: str
) -> None:
    assert platform_of(facts(**known)) == platform
    assert wheel_platform(facts(**known)) == wheels


@pytest.mark.parametrize(
    ("system", "gpus", "processor"),
    [
        ("linux", ("NVIDIA GH200 480GB",), "aarch64"),
        ("windows", ("NVIDIA GH200 480GB",), "x86_64"),
        ("linux", ("NVIDIA GH200 480GB", None), "x86_64"),
        ("linux", (None,), "x86_64"),
        ("linux", (), "x86_64"),
    ],
)
def test_a_processor_that_nobody_named_is_that_of_its_gpus(
    system: str, gpus: tuple[str | None, ...], processor: str
) -> None:
    known = facts(os_family=system, gpus=tuple(Gpu(0, name) for name in gpus))

    assert processor_of(known.without("host_arch")) == processor


def test_of_a_lost_fact_that_is_kept_which_every_reading_shares() -> None:
    no_wsl = machine_of(host().with_(wsl=LOST), MATRIX)
    no_processor = machine_of(host().with_(host_arch=LOST), MATRIX)

    assert (no_wsl.platform, no_wsl.arch) == (None, "x86_64")
    assert (no_processor.platform, no_processor.arch) == ("linux", None)
    assert no_processor.wheel_platform is None
    assert no_wsl.wheel_platform is None


def test_gpus_that_torch_or_the_driver_ran_on_are_there_for_sure() -> None:
    ran = KernelResult(3, True, "NVIDIA H100 PCIe", ComputeCapability(9, 0))
    (by_torch,) = drawn(kernel_results=(ran,)).gpus or ()
    (by_driver,) = drawn(driver_kernels=(ran,)).gpus or ()

    for gpu in (by_torch, by_driver):
        assert (gpu.index, gpu.name, gpu.capability, gpu.listed) == (
            *(3, "NVIDIA H100 PCIe", ComputeCapability(9, 0), True),
        )
    assert (by_torch.ran, by_driver.ran) == (True, None)
    assert drawn(driver_kernels=(ran._replace(ok=False),)).gpus is None


def test_a_capability_that_torch_told_twice_alike_is_taken() -> None:
    ran = KernelResult(0, True, None, ComputeCapability(12, 0))
    (one,) = drawn(gpus=(Gpu(0),), kernel_results=(ran,)).gpus or ()
    (two,) = drawn(gpus=(Gpu(0),), kernel_results=(ran, ran)).gpus or ()

    assert one.capability == two.capability == ComputeCapability(12, 0)


def test_a_driver_between_two_floors_leaves_the_system_to_decide() -> None:
    between = host(driver_release=DriverRelease.parse("527.00"), driver_cuda=CudaVersion(12, 0))

    assert judgement_of(between, MATRIX).status is Status.SUPPORTED
    unsaid = judgement_of(between.without("os_family"), MATRIX)
    assert unsaid.status is Status.UNKNOWN
    assert [doubt.fact for doubt in unsaid.unknown] == ["os_family"]
    enough = judgement_of(host().without("os_family"), MATRIX)
    assert (enough.status, enough.unknown) == (Status.SUPPORTED, ())
    windows = between.with_(os_family=Known("windows", NVML))
    assert judgement_of(windows, MATRIX).status is Status.UNSUPPORTED


def test_of_two_lost_facts_the_one_that_decides_is_named() -> None:
    between = host(driver_release=DriverRelease.parse("527.00"), driver_cuda=CudaVersion(12, 0))
    both = judgement_of(between.with_(os_family=LOST, libcuda=LOST), MATRIX)

    assert both.status is Status.UNKNOWN
    assert "os_family" in [doubt.fact for doubt in both.unknown]


def test_where_cuda_started_it_does_not_matter_which_libcuda_did() -> None:
    lost = host().with_(libcuda=LOST)
    started = judgement_of(lost.with_(cuda_init=Known(ApiStatus(0, "CUDA_SUCCESS"), NVML)), MATRIX)
    refused = judgement_of(lost.with_(cuda_init=Known(ApiStatus(804, "no"), NVML)), MATRIX)

    assert [doubt.fact for doubt in refused.unknown] == ["libcuda"]
    assert (started.status, started.unknown) == (Status.SUPPORTED, ())


def test_a_lost_processor_is_one_for_which_the_build_was_published() -> None:
    old = host(torch_version=TorchVersion("1.13.1+cu117"), torch_cuda=CudaVersion(11, 7))
    lost = old.with_(
        host_arch=LOST,
        gpus=Known((Gpu(0, "NVIDIA A100-SXM4-80GB", ComputeCapability(8, 0)),), NVML),
    )

    assert published_platforms(lost, MATRIX) == {"linux-x86_64", "windows-x86_64"}
    assert judgement_of(lost, MATRIX).status is Status.SUPPORTED


def test_a_card_for_a_screen_beside_a_gpu_that_ran_does_not_count() -> None:
    screen = Gpu(1, "NVIDIA GeForce GT 710", ComputeCapability(3, 5), memory_mib=2048)
    ran = KernelResult(0, True, "NVIDIA H100 PCIe", ComputeCapability(9, 0))
    without = host(gpus=(H100, screen), kernel_results=(ran,)).without(
        "torch_version", "torch_cuda"
    )
    other = without.with_(gpus=Known((H100, Gpu(1, "Tesla V100-SXM2-16GB")), NVML))

    assert judgement_of(without, MATRIX).observed
    assert judgement_of(other, MATRIX).status is Status.UNKNOWN


def test_a_gpu_whose_instances_nobody_read_leaves_a_doubt_unless_something_ran() -> None:
    split = H100._replace(mig_mode=True, mig_devices=None)
    unread = judgement_of(host(gpus=(split,)), MATRIX)

    assert unread.status is Status.UNKNOWN
    assert ["MIG mode" in doubt.what for doubt in unread.unknown] == [True]
    assert judgement_of(host(gpus=(split,), cuda_available=True), MATRIX).status is Status.SUPPORTED
    ran = KernelResult(0, True, "NVIDIA H100 PCIe", ComputeCapability(9, 0))
    assert judgement_of(host(gpus=(split,), kernel_results=(ran,)), MATRIX).status is (
        Status.SUPPORTED
    )


def words(made: Build) -> str:
    return " ".join(map(str, made.targets or ()))


def test_code_that_was_read_from_the_files_wins_over_every_row() -> None:
    read = (SmTarget.parse("sm_61"),)

    assert installed(**HOST, arch_list=read).targets == read
    assert "sm_61" not in words(installed(**HOST))


@pytest.mark.parametrize(
    ("known", "variant", "cuda", "has_code"),
    [
        ({}, "cu128", "12.8", True),
        ({"torch_origin": "unknown"}, "", None, None),
        ({"os_family": "windows"}, "", None, False),
        ({"os_family": "windows", "cuda_available": True}, "", None, None),
        ({"os_family": "windows", "torch_variant": "cuda"}, "", None, None),
        ({"torch_variant": "cpu"}, "cpu", None, False),
        ({"torch_variant": "cu126"}, "cu126", "12.6", True),
        ({"torch_variant": "cuda"}, "", None, True),
        ({"torch_cuda": CudaVersion(13, 0)}, "cu130", "13.0", True),
    ],
)
def test_a_version_without_a_tag_is_the_wheel_that_a_plain_install_brings(
    known: dict[str, Any], variant: str, cuda: str | None, has_code: bool | None
) -> None:
    made = installed(torch_version=TorchVersion("2.9.1"), **known)

    assert made.variant == variant
    assert made.cuda == (CudaVersion.parse(cuda) if cuda else None)
    assert (None if made.targets is None else bool(made.targets)) is has_code


@pytest.mark.parametrize(
    ("local", "variant"),
    [("cu126", "cu126"), ("cpu", "cpu"), ("rocm6.2", "rocm6"), ("git0a1b2c3", ""), ("xpu", "xpu")],
)
def test_a_local_part_is_a_variant_where_it_names_one(local: str, variant: str) -> None:
    made = installed(torch_version=TorchVersion(f"2.9.1+{local}"), torch_origin="unknown")

    assert made.variant == variant


def test_that_torch_has_no_cuda_makes_it_one_for_processors() -> None:
    absent = Unavailable(Reason.NOT_PRESENT, "none", NVML)
    known = facts(torch_version=TorchVersion("2.9.1")).with_(torch_cuda=absent)
    made = build_of(known, MATRIX)

    assert made is not None
    assert (made.variant, made.cuda) == ("cpu", None)


@pytest.mark.parametrize(
    ("known", "origin", "confidence", "has_tegra"),
    [
        ({"torch_version": TorchVersion("2.5.0"), "jetson": "R36"}, "source", "low", True),
        ({"torch_version": TorchVersion("2.10.0a0"), "torch_origin": "ngc"}, "ngc", "low", False),
        ({"torch_version": TorchVersion("2.5.0+cu124")}, "pytorch", "high", False),
        ({"jetson": "R36"}, "source", "low", True),
        ({}, "pytorch", "medium", False),
    ],
)
def test_whose_build_it_is_decides_what_it_was_compiled_for(
    known: dict[str, Any], origin: str, confidence: str, has_tegra: bool
) -> None:
    arch = "aarch64" if "jetson" in known else "x86_64"
    made = installed(host_arch=arch, torch_cuda=CudaVersion(12, 4), **known)

    assert (made.origin, made.confidence) == (origin, confidence)
    assert ("sm_87" in words(made)) is has_tegra
    assert bool(made.because) is (confidence == "high")


@pytest.mark.parametrize(
    ("version", "row"),
    [
        ("2.10.0.dev20250901+cu128", "2.10.0"),
        ("2.6.9+cu124", "2.6.0"),
        ("2.40.0.dev1+cu128", None),
    ],
)
def test_what_is_not_on_record_borrows_the_code_of_a_release_one_minor_away(
    version: str, row: str | None
) -> None:
    made = installed(torch_version=TorchVersion(version))

    assert made.confidence == "low"
    assert [one.row.split("/")[1] for one in made.because] == ([row] if row else [])


def test_platforms_of_a_build_are_those_that_have_it() -> None:
    def of(version: str | None, **more: Any) -> frozenset[str]:
        known = {"torch_version": TorchVersion(version)} if version else {}
        return published_platforms(facts(**known, **more), MATRIX)

    every = {row.platform for row in MATRIX.torch_builds}
    assert of("1.13.1+cu117") == {"linux-x86_64", "windows-x86_64"}
    assert of("1.13.1", torch_cuda=CudaVersion(11, 7)) == {"linux-x86_64", "windows-x86_64"}
    assert of("2.9.1+cu129") == {"linux-x86_64"}
    assert of("2.9.1") == every
    assert of("99.0") == every
    assert of(None) == every
