"""Drivers at their bounds: floors, releases that are cut off or not told, cuda-compat, branches and kernel modules."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.judgement import Judgement, Kind, Status
from torch_doctor.core.records import Gpu
from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease, SmTarget
from torch_doctor.matrix.law.gpu import traits_of
from torch_doctor.matrix.law.judge import judge
from torch_doctor.matrix.law.machine import UNREAD, Build, Machine
from torch_doctor.matrix.query import driver_floors

from tests.unit.matrix.test_law import MATRIX, build, judged, machine

A100, H100, GEFORCE = "NVIDIA A100-SXM4-80GB", "NVIDIA H100 PCIe", "NVIDIA GeForce RTX 4090"
T4 = "Tesla T4"


def of_cuda(text: str, *targets: str) -> Build:
    """Return a build of a CUDA, such as conda's, with code for some GPUs."""
    cuda = CudaVersion.parse(text)
    code = tuple(map(SmTarget.parse, targets or ("sm_70", "sm_75", "sm_80", "sm_90")))
    return Build("2.1.0", cuda.tag, cuda, code, driver_floors(MATRIX, cuda))


def reporting(cuda: str | None, *gpus: str, driver: str | None = None, **more: Any) -> Machine:
    """Return a machine by the CUDA that its driver reports; its release is unknown where *driver* names none."""
    reports = CudaVersion.parse(cuda) if cuda else None
    return machine(driver, *gpus, driver_reports=reports, **more)


def doubted(judgement: Judgement) -> list[str | None]:
    return [doubt.fact for doubt in judgement.unknown]


@pytest.mark.parametrize(
    ("driver", "cuda", "gpu"),
    [
        ("525.53", "12.0", A100),  # the first release of R525, older than the floor of CUDA 12
        ("450.36.06", "11.0", A100),
        ("535.54.03", "12.0", A100),
        ("580", "13.0", A100),
        ("405.10", "9.2", T4),  # above the floor, of a branch that is not on record
    ],
)
def test_a_driver_serves_the_cuda_that_came_with_it(driver: str, cuda: str, gpu: str) -> None:
    assert judge(machine(driver, gpu), of_cuda(cuda)).status is Status.SUPPORTED


@pytest.mark.parametrize(
    ("driver", "build_cuda", "known", "status"),
    [
        ("405.10", "10.0", {}, Status.UNKNOWN),
        ("405.10", "10.0", {"driver_reports": CudaVersion(9, 2)}, Status.UNSUPPORTED),
        ("405.10", "10.0", {"cuda_available": False}, Status.UNSUPPORTED),
        ("405.10", "10.0", {"cuda_available": True}, Status.SUPPORTED),
        ("396.26", "10.0", {}, Status.UNSUPPORTED),  # R396 is on record: CUDA 9.2
        ("405.10", "11.8", {}, Status.UNSUPPORTED),  # from CUDA 11 on the floor decides
        ("405.10", "12.4", {}, Status.UNSUPPORTED),
    ],
)
def test_before_cuda_11_a_branch_that_is_not_on_record_may_report_enough(
    driver: str, build_cuda: str, known: dict[str, Any], status: Status
) -> None:
    answer = judge(machine(driver, T4, **known), of_cuda(build_cuda))

    assert answer.status is status
    assert doubted(answer) == (["driver_cuda"] if status is Status.UNKNOWN else [])


@pytest.mark.parametrize(
    ("reports", "cuda", "platform", "doubts"),
    [
        ("12.0", "12.4", "linux", ["driver_release"]),  # 525.53 and 525.60.13 both report 12.0
        ("12.0", "12.0", "linux", []),
        ("12.1", "12.4", "linux", []),
        ("12.0", "12.4", "windows", ["driver_release"]),
        ("13.0", "13.0", "linux", []),
        ("13.0", "13.2", "linux", ["driver_release"]),
        ("13.0", "13.2", "windows", []),  # the floor is the whole branch there
        ("10.2", "10.2", "linux", []),
        ("10.1", "10.2", "linux", None),
        ("11.8", "12.4", "linux", None),
    ],
)
def test_without_its_release_a_driver_is_known_by_the_cuda_that_it_reports(
    reports: str, cuda: str, platform: str, doubts: list[str] | None
) -> None:
    answer = judge(reporting(reports, T4, platform=platform), of_cuda(cuda))

    assert bool(answer.of(Kind.DRIVER_BELOW_FLOOR)) is (doubts is None)
    assert doubted(answer) == (doubts or [])


def test_the_words_name_the_driver_its_cuda_and_the_floor() -> None:
    (by_both,) = judged(reporting("12.2", A100, driver="535.183.01"), "2.11.0+cu130").objections
    (by_release,) = judged(machine("535.183.01", A100), "2.11.0+cu130").objections
    (by_report,) = judged(reporting("12.2", A100), "2.11.0+cu130").objections

    rest = " is older than 580.65.06, which CUDA 13.0 of torch 2.11.0+cu130 needs"
    assert by_both.message == f"driver 535.183.01 (CUDA 12.2){rest}"
    assert by_release.message == f"driver 535.183.01{rest}"
    assert by_report.message == f"the driver (CUDA 12.2){rest}"
    assert by_both.because[0].row == "cuda_majors/13"


def under_compat(driver: str, gpu: str, library: str | None, cuda: str | None, **more: Any) -> Any:
    release = DriverRelease.parse(library) if library else None
    return reporting(
        cuda, gpu, driver=driver, libcuda_kind="compat", libcuda_release=release, **more
    )


@pytest.mark.parametrize(
    ("driver", "reports", "doubts"),
    [
        ("535.183.01", None, ["libcuda"]),
        ("535.183.01", "12.1", ["libcuda"]),  # it reports less than the driver would
        ("535.183.01", "12.2", []),
        ("535.183.01", "12.8", []),
        ("543.10", "12.8", ["libcuda"]),  # what this driver would report is not on record
    ],
)
def test_a_compat_library_of_unknown_release_is_judged_by_what_it_reports(
    driver: str, reports: str | None, doubts: list[str]
) -> None:
    answer = judged(under_compat(driver, A100, None, reports), "2.9.1+cu126")

    assert answer.objections == ()
    assert doubted(answer) == doubts


@pytest.mark.parametrize(
    ("library", "reports", "short"),
    [
        ("550.54.15", None, "is of release 550.54.15, CUDA 13.0 of torch 2.11.0+cu130 needs 580"),
        ("580.65.06", None, None),
        (None, "12.8", "reports CUDA 12.8, torch 2.11.0+cu130 needs 13.0"),
        ("570.86.15", "13.0", None),  # what it reports decides over the release of its file
    ],
)
def test_a_compat_library_may_fall_short_too(
    library: str | None, reports: str | None, short: str | None
) -> None:
    answer = judged(under_compat("535.183.01", A100, library, reports), "2.11.0+cu130")

    messages = [one.message for one in answer.of(Kind.DRIVER_BELOW_FLOOR)]
    assert len(messages) == bool(short)
    assert all(f"the cuda-compat library {short}" in message for message in messages)


@pytest.mark.parametrize(
    ("kind", "gpu", "reports", "objects", "doubts"),
    [
        (None, GEFORCE, "12.6", False, ["libcuda"]),
        (None, GEFORCE, "12.2", False, []),
        (None, A100, "12.6", False, []),
        ("compat", GEFORCE, "12.6", True, []),
        ("driver", GEFORCE, "12.6", False, []),
    ],
)
def test_a_driver_that_reports_more_than_its_own_cuda_has_a_compat_library_before_it(
    kind: str | None, gpu: str, reports: str, objects: bool, doubts: list[str]
) -> None:
    here = reporting(reports, gpu, driver="535.183.01", libcuda_kind=kind)
    answer = judged(here, "2.9.1+cu126")

    assert bool(answer.of(Kind.COMPAT_INELIGIBLE)) is objects
    assert doubted(answer) == doubts


@pytest.mark.parametrize(("driver", "branch"), [("535.183.01", True), ("543.10", False)])
def test_the_branch_of_the_driver_stands_behind_a_refusal(driver: str, branch: bool) -> None:
    answer = judged(under_compat(driver, GEFORCE, "580.65.06", "13.0"), "2.11.0+cu130")

    rows = {receipt.row for one in answer.objections for receipt in one.because}
    assert answer.of(Kind.COMPAT_INELIGIBLE)
    assert {row for row in rows if row.startswith("drivers/")} == (
        {"drivers/535"} if branch else set()
    )


@pytest.mark.parametrize(
    ("available", "doubts"), [(None, ["cuda_available"]), (True, []), (False, [])]
)
def test_whether_a_gpu_of_no_name_is_eligible_what_cuda_answered_tells(
    available: bool | None, doubts: list[str]
) -> None:
    gpu = traits_of(Gpu(0, None, ComputeCapability(8, 0)), MATRIX, listed=True)
    here = under_compat("535.183.01", A100, "580.65.06", "13.0", cuda_available=available)

    answer = judged(here._replace(gpus=(gpu,)), "2.11.0+cu130")

    assert answer.objections == ()
    assert doubted(answer) == doubts


@pytest.mark.parametrize(
    ("gpu", "reports", "doubts"),
    [
        (H100, "11.7", ["driver_release"]),
        (H100, "11.8", []),  # R520, the first branch that drives it, reports 11.8
        ("Tesla K80", "11.4", []),  # R470, the last one
        ("Tesla K80", "11.5", ["driver_release"]),
    ],
)
def test_a_driver_of_unknown_release_drives_what_the_branch_of_its_cuda_drives(
    gpu: str, reports: str, doubts: list[str]
) -> None:
    answer = judge(reporting(reports, gpu, listed=False), of_cuda("11.8", "sm_37", "sm_90"))

    assert doubted(answer) == doubts


@pytest.mark.parametrize(
    ("driver", "gpu", "dropped"),
    [
        ("475.14", "Tesla K80", False),  # R470 on Windows
        ("476.10", "Tesla K80", True),
        ("585.10", "Tesla V100-SXM2-16GB", False),
        ("586.10", "Tesla V100-SXM2-16GB", True),
    ],
)
def test_releases_of_windows_run_a_few_numbers_past_the_last_branch(
    driver: str, gpu: str, dropped: bool
) -> None:
    here = machine(driver, gpu, listed=False, platform="windows")

    answer = judge(here, of_cuda("11.8", "sm_37", "sm_70"))

    assert bool(answer.of(Kind.DRIVER_DROPPED_GPU)) is dropped


def nameless(capability: str, flavour: str | None) -> Machine:
    gpu = traits_of(Gpu(0, None, ComputeCapability.parse(capability)), MATRIX, listed=False)
    return machine("580.95.05", module_flavour=flavour)._replace(gpus=(gpu,))


@pytest.mark.parametrize(
    ("capability", "flavour", "kind", "doubts"),
    [
        # of Hopper some products need the open modules, and nobody knows which one this is
        ("9.0", "proprietary", None, ["gpus"]),
        ("9.0", "open", None, []),
        ("9.0", UNREAD, None, ["kernel_module"]),
        ("9.0", None, None, []),
        ("8.0", "proprietary", None, []),
        ("8.0", UNREAD, None, []),
        ("12.0", "proprietary", Kind.OPEN_MODULE_REQUIRED, []),
        ("12.0", "open", None, []),
        ("12.0", UNREAD, None, ["kernel_module"]),
        ("7.0", "open", Kind.OPEN_MODULE_IMPOSSIBLE, []),
        ("7.0", "proprietary", None, []),
        ("7.0", UNREAD, None, ["kernel_module"]),
    ],
)
def test_what_kernel_modules_mean_for_a_gpu_of_no_name(
    capability: str, flavour: str | None, kind: Kind | None, doubts: list[str]
) -> None:
    code = of_cuda("12.8", "sm_70", "sm_80", "sm_90", "sm_120")
    answer = judge(nameless(capability, flavour), code)

    assert [one.kind for one in answer.objections] == ([kind] if kind else [])
    assert doubted(answer) == doubts


def test_that_cuda_is_available_refutes_the_driver_and_not_the_code() -> None:
    old_driver = judged(machine("550.163.01", A100, cuda_available=True), "2.11.0+cu130")
    old_gpu = judged(
        machine("580.95.05", "Tesla V100-SXM2-16GB", cuda_available=True), "2.11.0+cu130"
    )

    assert old_driver.status is Status.SUPPORTED
    assert [one.kind for one in old_driver.contradicted] == [Kind.DRIVER_BELOW_FLOOR]
    assert old_gpu.status is Status.UNSUPPORTED
    assert [one.kind for one in old_gpu.objections] == [Kind.GPU_OLDER_THAN_BUILD]
    assert build("2.11.0+cu130").label in old_gpu.objections[0].message
