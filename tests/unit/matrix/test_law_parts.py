"""The law's parts at their bounds: machine code, PTX, drivers, kernel modules, companions, what is drawn from facts."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.fact import Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.finding import Severity
from torch_doctor.core.judgement import Doubt, Kind, Objection, Status
from torch_doctor.core.records import (
    ApiStatus,
    Gpu,
    KernelModule,
    KernelResult,
    LibraryFile,
    Package,
    PciGpu,
)
from torch_doctor.core.version import (
    ComputeCapability,
    CudaVersion,
    DriverRelease,
    SmTarget,
    TorchVersion,
)
from torch_doctor.matrix.law.arch import cubin_runs, judge_targets, ptx_compiles
from torch_doctor.matrix.law.companions import (
    beyond_its_makers,
    companion_beside,
    companion_version,
    judge_companion,
)
from torch_doctor.matrix.law.driver import forward_compat_in_use
from torch_doctor.matrix.law.from_facts import judgement_of, machine_of
from torch_doctor.matrix.law.judge import judge
from torch_doctor.matrix.law.machine import Build, Machine
from torch_doctor.matrix.law.version_strings import Printed, default_variant, implied_build
from torch_doctor.matrix.query import driver_of

from tests.unit.matrix.test_law import MATRIX, build, judged, machine

NVML = Source("nvml", "made up")


def facts(**known: Any) -> Facts:
    values = {"os_family": "linux", "host_arch": "x86_64", **known}
    return Facts({name: Known(value, NVML) for name, value in values.items()})


def drawn(**known: Any) -> Machine:
    return machine_of(facts(**known), MATRIX)


@pytest.mark.parametrize(
    ("target", "capability", "runs", "compiles"),
    [
        ("sm_80", "8.0", True, False),
        ("sm_80", "8.6", True, False),
        ("sm_86", "8.0", False, False),
        ("sm_80", "9.0", False, False),
        ("sm_90a", "9.0", True, False),
        ("sm_90a", "9.1", False, False),
        ("sm_101", "11.0", True, False),
        ("compute_80", "8.0", False, True),
        ("compute_80", "12.0", False, True),
        ("compute_90", "8.9", False, False),
        ("compute_90a", "9.0", False, True),
        ("compute_90a", "10.0", False, False),
        ("compute_100f", "10.0", False, True),
        ("compute_100f", "10.3", False, True),
        ("compute_103f", "10.0", False, False),
        ("compute_100f", "12.0", False, False),
    ],
)
def test_code_and_ptx_reach_what_they_were_made_for(
    target: str, capability: str, runs: bool, compiles: bool
) -> None:
    sm, gpu = SmTarget.parse(target), ComputeCapability.parse(capability)

    assert cubin_runs(sm, gpu) is runs
    assert ptx_compiles(sm, gpu) is compiles


@pytest.mark.parametrize(
    ("reports", "cuda", "kind"),
    [
        ("13.0", "12.8", None),
        ("12.8", "12.8", None),
        ("12.6", "12.8", Objection),
        (None, "12.8", Doubt),
        ("12.8", None, Doubt),
    ],
)
def test_a_driver_compiles_ptx_up_to_its_own_cuda(
    reports: str | None, cuda: str | None, kind: type | None
) -> None:
    here = Machine(
        driver=None,
        driver_reports=CudaVersion.parse(reports) if reports else None,
        gpus=machine(None, "NVIDIA B200").gpus,
        libcuda_kind="driver",
    )
    made = build("2.9.1+cu128")._replace(
        targets=(SmTarget.parse("compute_80"),), cuda=CudaVersion.parse(cuda) if cuda else None
    )

    reasons = list(judge_targets(here, made, (here.gpus or ())[0]))

    assert [type(one) for one in reasons] == ([kind] if kind else [])


def compat(driver: str, library: str | None, gpu: str, **more: Any) -> Machine:
    release = DriverRelease.parse(library) if library else None
    return machine(driver, gpu)._replace(libcuda_kind="compat", libcuda_release=release, **more)


def test_a_compat_library_reaches_where_the_driver_does_not() -> None:
    served = judge(compat("535.183.01", "580.65.06", "NVIDIA H100 PCIe"), build("2.11.0+cu130"))
    refused = judge(
        compat("535.183.01", "580.65.06", "NVIDIA GeForce RTX 4090"), build("2.11.0+cu130")
    )

    assert served.status is Status.SUPPORTED
    assert [one.kind for one in refused.objections] == [Kind.COMPAT_INELIGIBLE]
    assert refused.objections[0].because, "the receipts of the GPU and of the driver's branch"


def test_a_compat_library_that_the_build_does_not_need_is_refused_all_the_same() -> None:
    newer = judge(
        compat("570.211.01", "580.65.06", "NVIDIA GeForce RTX 4090"), build("2.9.1+cu128")
    )
    same = judge(compat("580.95.05", "580.65.06", "NVIDIA GeForce RTX 4090"), build("2.9.1+cu128"))

    assert [one.kind for one in newer.objections] == [Kind.COMPAT_INELIGIBLE]
    assert same.status is Status.SUPPORTED


def test_a_compat_library_older_than_the_driver_is_refused() -> None:
    older = judge(compat("580.95.05", "570.86.15", "NVIDIA H100 PCIe"), build("2.9.1+cu128"))

    assert Kind.COMPAT_OLDER_THAN_DRIVER in [one.kind for one in older.objections]


@pytest.mark.parametrize(
    ("kind", "reports", "used"),
    [
        ("compat", None, True),
        ("driver", "13.0", False),
        (None, "13.0", True),
        (None, "12.2", False),
        (None, None, False),
    ],
)
def test_forward_compatibility_shows_in_the_cuda_that_is_reported(
    kind: str | None, reports: str | None, used: bool
) -> None:
    driver = driver_of(MATRIX, DriverRelease.parse("535.183.01"))
    here = Machine(
        driver=driver,
        driver_reports=CudaVersion.parse(reports) if reports else None,
        gpus=(),
        libcuda_kind=kind,
    )

    assert forward_compat_in_use(here) is used


@pytest.mark.parametrize(
    ("gpu", "flavour", "kinds"),
    [
        ("NVIDIA GeForce RTX 5090", "proprietary", [Kind.OPEN_MODULE_REQUIRED]),
        ("NVIDIA GeForce RTX 5090", "open", []),
        ("Tesla V100-SXM2-16GB", "open", [Kind.OPEN_MODULE_IMPOSSIBLE]),
        ("Tesla V100-SXM2-16GB", "proprietary", []),
        ("NVIDIA A100-SXM4-80GB", "open", []),
        ("NVIDIA A100-SXM4-80GB", "proprietary", []),
    ],
)
def test_kernel_modules_go_with_some_gpus_alone(gpu: str, flavour: str, kinds: list[Kind]) -> None:
    here = machine("570.211.01", gpu, listed=False)._replace(module_flavour=flavour)

    assert [
        one.kind for one in judged(here, "2.7.1+cu126").objections if "module" in one.message
    ] == kinds


def test_the_first_branch_that_knows_a_gpu_drives_it_and_the_one_before_does_not() -> None:
    on = judged(machine("570.86.10", "NVIDIA GeForce RTX 5090", listed=False), "2.9.1+cu128")
    before = judged(machine("565.57.01", "NVIDIA GeForce RTX 5090", listed=False), "2.9.1+cu128")

    assert Kind.DRIVER_OLDER_THAN_GPU not in [one.kind for one in on.objections]
    assert Kind.DRIVER_OLDER_THAN_GPU in [one.kind for one in before.objections]


def test_what_the_driver_lost_of_a_gpu_torch_told() -> None:
    here = drawn(
        gpus=(Gpu(0),),
        kernel_results=(KernelResult(0, True, "NVIDIA H100 PCIe", ComputeCapability(9, 0)),),
    )

    (gpu,) = here.gpus or ()
    assert (gpu.name, gpu.capability, gpu.ran, gpu.listed) == (
        "NVIDIA H100 PCIe",
        ComputeCapability(9, 0),
        True,
        True,
    )


def test_what_torch_told_does_not_replace_what_the_driver_said() -> None:
    here = drawn(
        gpus=(Gpu(0, "NVIDIA A100-SXM4-80GB", ComputeCapability(8, 0)),),
        kernel_results=(KernelResult(0, False, "another", ComputeCapability(9, 0), error="no"),),
    )

    (gpu,) = here.gpus or ()
    assert (gpu.name, gpu.capability, gpu.ran) == (
        "NVIDIA A100-SXM4-80GB",
        ComputeCapability(8, 0),
        False,
    )


def test_a_kernel_that_ran_beside_something_that_failed_tells_neither() -> None:
    here = drawn(
        gpus=(Gpu(0, "NVIDIA A100-SXM4-80GB", ComputeCapability(8, 0)),),
        kernel_results=(KernelResult(0, True, error="a convolution failed"),),
    )

    assert [gpu.ran for gpu in here.gpus or ()] == [None]


def test_a_machine_whose_gpus_stand_on_the_bus_alone_is_not_said_to_have_none() -> None:
    h100 = PciGpu(address="0000:07:00.0", vendor_id="10DE", device_id="2330")
    assert [gpu.listed for gpu in drawn(pci_gpus=(h100,)).gpus or ()] == [False]
    assert "H100" in (drawn(pci_gpus=(h100,)).gpus or ())[0].name
    unknown = h100._replace(device_id="FFFF")
    assert (drawn(pci_gpus=(unknown,)).gpus or ())[0].name == "NVIDIA device FFFF"
    assert drawn(gpus=()).gpus == ()
    assert drawn().gpus is None


def test_a_gpu_that_was_lost_is_not_judged_and_instances_that_nobody_read_are_remembered() -> None:
    well = Gpu(0, "NVIDIA H100 PCIe", ComputeCapability(9, 0), mig_mode=True, mig_devices=None)
    here = drawn(
        gpus=(well, well._replace(index=1, lost=True), well._replace(index=2, mig_mode=False))
    )

    assert [(gpu.index, gpu.instances_unread) for gpu in here.gpus or ()] == [(0, True), (2, False)]


def test_a_version_of_libcuda_that_is_none_tells_no_release() -> None:
    def library(version: str | None) -> LibraryFile:
        return LibraryFile("/usr/lib/libcuda.so.1", "driver", version)

    assert str(drawn(libcuda=library("580.65.06")).libcuda_release) == "580.65.06"
    for odd in (None, "", "12abc", "1.1", "580.65.06.7"):
        assert drawn(libcuda=library(odd)).libcuda_release is None


def test_a_module_whose_flavour_nobody_read_is_not_taken_for_one() -> None:
    known = drawn(kernel_module=KernelModule("580.65.06", "open")).module_flavour
    unread = drawn(kernel_module=KernelModule("580.65.06", None)).module_flavour

    assert known == "open"
    assert unread not in (None, "open", "proprietary")


def test_without_torch_the_law_says_nothing_and_a_kernel_that_ran_says_all() -> None:
    absent = Unavailable(Reason.NOT_PRESENT, "none", NVML)
    gpu = (Gpu(0, "NVIDIA H100 PCIe", ComputeCapability(9, 0)),)

    none = judgement_of(facts(gpus=gpu).with_(torch_version=absent), MATRIX)
    ran = judgement_of(facts(gpus=gpu, kernel_results=(KernelResult(0, True),)), MATRIX)
    unknown = judgement_of(facts(gpus=gpu), MATRIX)

    assert none.status is Status.NOT_APPLICABLE
    assert (ran.status, ran.observed) == (Status.SUPPORTED, True)
    assert [doubt.fact for doubt in unknown.unknown] == ["torch_version"]


@pytest.mark.parametrize(
    ("vision", "torch", "cuda", "severity"),
    [
        ("0.24.1+cu128", "2.9.1+cu128", "12.8", None),
        ("0.24.1+cpu", "2.9.1+cu128", "12.8", Severity.ERROR),
        ("0.24.1+cu126", "2.9.1+cu128", "12.8", Severity.WARNING),
        ("0.24.1+cu130", "2.9.1+cu128", "12.8", Severity.ERROR),
        ("0.23.0", "2.9.1+cu128", "12.8", Severity.ERROR),
        ("0.24.0", "2.9.1", None, Severity.WARNING),
        ("0.24.1", "2.9.1", None, None),
        ("99.1", "2.9.1", None, None),
    ],
)
def test_a_companion_goes_with_its_release_and_its_cuda(
    vision: str, torch: str, cuda: str | None, severity: Severity | None
) -> None:
    mismatch = judge_companion(
        "torchvision",
        (Package("numpy", "2.0"), Package("torchvision", vision)),
        TorchVersion.parse(torch),
        CudaVersion.parse(cuda) if cuda else None,
        MATRIX,
    )

    assert (mismatch and mismatch.severity) == severity


def test_a_later_upload_of_a_release_goes_with_its_own_torch() -> None:
    def beside(torch: str, version: str) -> bool:
        own = (Package("xformers", version),)
        return judge_companion("xformers", own, TorchVersion.parse(torch), None, MATRIX) is None

    assert beside("2.0.1", "0.0.22") and not beside("2.1.0", "0.0.22")
    assert beside("2.1.0", "0.0.22.post7") and not beside("2.0.1", "0.0.22.post7")
    assert beside("2.0.1", "0.0.22.post99")  # without a row of its own it is the release


def test_torchaudio_refuses_any_other_cuda() -> None:
    audio = (Package("torchaudio", "2.9.1+cu126"),)
    torch = TorchVersion.parse("2.9.1+cu128")

    mismatch = judge_companion("torchaudio", audio, torch, CudaVersion(12, 8), MATRIX)

    assert mismatch is not None
    assert mismatch.severity is Severity.ERROR
    assert judge_companion("torchvision", audio, torch, None, MATRIX) is None


def test_the_newest_companion_of_a_release_is_named() -> None:
    assert companion_version(MATRIX, "torchvision", "2.9.1") == "0.24.1"
    assert companion_version(MATRIX, "no-companion", "2.9.1") is None


def test_a_bare_version_means_what_a_plain_install_brings() -> None:
    def implied(text: str, printed: Printed, platform: str = "linux-x86_64") -> Any:
        return implied_build(TorchVersion.parse(text), printed, platform, MATRIX)

    assert implied("2.9.1+cu126", Printed.BY_INSTALLER) == (None, None, None)
    assert implied("2.9.0a0", Printed.BY_INSTALLER) == (None, None, None)
    assert implied("2.9.1", Printed.BY_INSTALLER) == ("cuda", CudaVersion(12, 8), None)
    assert implied("2.9.1", Printed.BY_INSTALLER, "windows-x86_64")[0] == "cpu"
    assert implied("2.9.1", Printed.BY_TORCH).origin == "unknown"
    assert implied("1.8.0", Printed.BY_TORCH).origin == "unknown"
    assert implied("1.8", Printed.BY_TORCH).origin == "unknown"
    assert implied("1.7.1", Printed.BY_TORCH).origin is None
    assert implied("2.9.1", Printed.BY_TORCH, "macos-arm64").origin is None
    assert default_variant(TorchVersion.parse("2.9"), "linux-x86_64", MATRIX) == "cu128"
    assert default_variant(TorchVersion.parse("9.9.9"), "linux-x86_64", MATRIX) == ""


def test_that_cuda_started_does_not_tell_which_torch_is_installed() -> None:
    started = facts(cuda_init=ApiStatus(0, "CUDA_SUCCESS"), gpus=(Gpu(0, "NVIDIA H100 PCIe"),))

    assert judgement_of(started, MATRIX).status is Status.UNKNOWN


def test_a_build_whose_code_nobody_read_serves_no_gpu_for_sure() -> None:
    made: Build = build("2.9.1+cu128")._replace(targets=None)
    here = machine("580.95.05", "NVIDIA H100 PCIe")

    assert [one.fact for one in judge(here, made).unknown] == ["arch_list"]
    assert judge(here, made).served == ()


@pytest.mark.parametrize(
    ("torch", "there", "release"),
    [
        ("2.14.0", (), "0.29.2"),
        ("2.14.0", (Package("vllm", "0.33.0"),), "0.29.0"),
        # what an installed package pins for its own torch says nothing of another one
        ("2.14.1", (Package("vllm", "0.33.0"),), "0.29.2"),
        ("2.14.0", (Package("vllm", "0.1"), Package("requests", "2.32.0")), "0.29.2"),
    ],
    ids=str,
)
def test_what_an_installed_companion_pins_decides_over_the_newest(
    torch: str, there: tuple[Package, ...], release: str
) -> None:
    assert companion_beside(MATRIX, "torchvision", torch, there) == release


@pytest.mark.parametrize(
    ("package", "torch", "named"),
    [
        ("pytorch3d", "2.9.1+cu128", "0.7.9"),
        ("detectron2", "2.9.1+cu128", "0.6"),
        ("pytorch3d", "2.4.1", None),
        ("pytorch3d", "1.6.0", None),  # of an older release of it
        ("flash-attn", "2.9.1+cu128", None),  # its makers name none
        ("torchao", "2.9.1+cu128", None),
        ("pytorch3d", "2.9.0a0+git1234567", None),
    ],
)
def test_makers_of_what_has_to_be_built_may_name_no_such_torch(
    package: str, torch: str, named: str | None
) -> None:
    row = beyond_its_makers(package, TorchVersion(torch), MATRIX)

    assert (row.version if row else None) == named
