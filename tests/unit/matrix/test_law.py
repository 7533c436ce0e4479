"""The law of compatibility, case by case. Each row of the table is a machine, a build and the answer."""

from __future__ import annotations

import pytest
from torch_doctor.core.judgement import Judgement, Kind, Status
from torch_doctor.core.records import Gpu
from torch_doctor.core.version import CudaVersion, DriverRelease, SmTarget
from torch_doctor.matrix.law.build import build_of_row
from torch_doctor.matrix.law.gpu import traits_of
from torch_doctor.matrix.law.judge import judge
from torch_doctor.matrix.law.machine import Build, Machine
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.query import Floors, driver_floors, driver_of, torch_build

MATRIX = load_matrix()


def machine(driver: str | None, *gpus: str, listed: bool = True, **more: object) -> Machine:
    traits = tuple(traits_of(Gpu(i, name), MATRIX, listed=listed) for i, name in enumerate(gpus))
    known = driver_of(MATRIX, DriverRelease.parse(driver)) if driver else None
    return Machine(driver=known, gpus=traits, libcuda_kind="driver")._replace(**more)  # type: ignore[arg-type]


def build(version: str, platform: str = "linux-x86_64") -> Build:
    torch, _, variant = version.partition("+")
    row = torch_build(MATRIX, torch, variant, platform)
    assert row is not None, version
    return build_of_row(row, MATRIX)


def judged(here: Machine, version: str, platform: str = "linux-x86_64") -> Judgement:
    return judge(here, build(version, platform))


RUNS = [
    ("580.95.05", "NVIDIA A100-SXM4-80GB", "2.13.0+cu130"),
    ("535.183.01", "NVIDIA A100-SXM4-80GB", "2.9.1+cu126"),  # minor-version compatibility
    ("535.183.01", "NVIDIA GeForce RTX 4090", "2.9.1+cu128"),  # on consumer cards too
    ("580.95.05", "NVIDIA GeForce RTX 4090", "2.11.0+cu130"),  # sm_86 code on 8.9
    ("580.95.05", "NVIDIA B300 SXM6 AC", "2.11.0+cu130"),  # sm_100 code on 10.3
    ("570.211.01", "NVIDIA GeForce RTX 5090", "2.11.0+cu128"),
    ("620.70.06", "NVIDIA H100 PCIe", "2.1.0+cu118"),  # a driver is never too new
    ("450.80.02", "NVIDIA A100-SXM4-40GB", "2.7.1+cu118"),
    ("580.95.05", "Tesla V100-SXM2-16GB", "2.14.1+cu126"),
    ("570.211.01", "Tesla P100-PCIE-16GB", "2.14.1+cu126"),
    ("580.95.05", "NVIDIA GeForce GTX 1080 Ti", "2.14.1+cu126"),  # sm_60 code on 6.1
    ("470.256.02", "Tesla K80", "2.0.1+cu118"),
    ("580.95.05", "Tesla V100-SXM2-16GB", "2.10.0+cu128"),  # Volta is in 2.8–2.10
]


@pytest.mark.parametrize(("driver", "gpu", "version"), RUNS)
def test_runs(driver: str, gpu: str, version: str) -> None:
    judgement = judged(machine(driver, gpu), version)

    assert judgement.status is Status.SUPPORTED, (judgement.objections, judgement.unknown)
    assert judgement.because


FAILS = [
    ("550.163.01", "NVIDIA A100-SXM4-80GB", "2.11.0+cu130", Kind.DRIVER_BELOW_FLOOR),
    ("470.256.02", "NVIDIA A100-SXM4-80GB", "2.9.1+cu126", Kind.DRIVER_BELOW_FLOOR),
    ("525.53", "NVIDIA A100-SXM4-80GB", "2.9.1+cu126", Kind.DRIVER_BELOW_FLOOR),
    ("580.95.05", "Tesla V100-SXM2-16GB", "2.11.0+cu130", Kind.GPU_OLDER_THAN_BUILD),
    ("580.95.05", "Tesla V100-SXM2-16GB", "2.11.0+cu128", Kind.GPU_OLDER_THAN_BUILD),
    ("580.95.05", "Tesla V100-SXM2-16GB", "2.7.1+cu128", Kind.GPU_OLDER_THAN_BUILD),
    ("570.211.01", "NVIDIA GeForce RTX 5090", "2.6.0+cu124", Kind.GPU_NEWER_THAN_BUILD),
    ("570.211.01", "NVIDIA GeForce RTX 5090", "2.9.1+cu126", Kind.GPU_NEWER_THAN_BUILD),
    ("580.95.05", "NVIDIA GeForce GTX 1080 Ti", "2.9.1+cu128", Kind.GPU_OLDER_THAN_BUILD),
    ("520.61.05", "NVIDIA H100 PCIe", "1.13.1+cu117", Kind.GPU_NEWER_THAN_BUILD),
]


@pytest.mark.parametrize(("driver", "gpu", "version", "kind"), FAILS)
def test_does_not_run(driver: str, gpu: str, version: str, kind: Kind) -> None:
    judgement = judged(machine(driver, gpu), version)

    assert judgement.status is Status.UNSUPPORTED
    assert kind in {objection.kind for objection in judgement.objections}
    assert all(objection.because for objection in judgement.objections)


@pytest.mark.parametrize(
    ("driver", "version", "status"),
    [
        (
            "525",
            "2.6.0+cu124",
            Status.UNKNOWN,
        ),  # 525.60.13 is neither the first of R525 nor its last
        ("525.60", "2.6.0+cu124", Status.UNKNOWN),
        ("525.60.13", "2.6.0+cu124", Status.SUPPORTED),
        ("525.53", "2.6.0+cu124", Status.UNSUPPORTED),
        ("530", "2.6.0+cu124", Status.SUPPORTED),
        ("515", "2.6.0+cu124", Status.UNSUPPORTED),
        ("580", "2.12.0+cu132", Status.SUPPORTED),  # the first release of R580 is the floor
    ],
)
def test_of_a_release_that_is_cut_off_the_rest_is_not_known(
    driver: str, version: str, status: Status
) -> None:
    assert judged(machine(driver, "NVIDIA A100-SXM4-80GB"), version).status is status


def test_a_release_is_written_as_it_was() -> None:
    """Releases that are equal by their numbers are not written in each other's writing."""
    messages = [
        judged(machine(driver, "NVIDIA A100-SXM4-80GB"), "2.14.0+cu130").objections[0].message
        for driver in ("535.86.10", "535.086.10")
    ]

    assert "535.86.10" in messages[0]
    assert "535.086.10" in messages[1]


def test_a_driver_must_know_the_gpu_even_above_the_floor() -> None:
    here = machine("470.256.02", "NVIDIA H100 PCIe", listed=False)

    assert judged(here, "2.7.1+cu118").of(Kind.DRIVER_OLDER_THAN_GPU)


def test_a_driver_of_unknown_release_may_not_know_the_gpu() -> None:
    """Losing the release must not turn a no into a yes."""
    old = machine(None, "NVIDIA H100 PCIe", listed=False, driver_reports=CudaVersion(11, 4))
    fit = old._replace(driver_reports=CudaVersion(12, 2))
    dropped = machine(None, "Tesla K80", listed=False, driver_reports=CudaVersion(12, 2))

    assert judged(old, "2.7.1+cu118").status is Status.UNKNOWN
    assert judged(old._replace(cuda_available=True), "2.7.1+cu118").status is Status.SUPPORTED
    assert judged(fit, "2.7.1+cu118").status is Status.SUPPORTED
    assert judged(dropped, "2.0.1+cu118").status is Status.UNKNOWN


def test_the_flavour_of_the_module_counts_without_a_release() -> None:
    here = machine(None, "Tesla V100-SXM2-16GB", listed=False, driver_reports=CudaVersion(13, 0))

    assert judged(here, "2.14.1+cu126").status is Status.SUPPORTED
    assert judged(here._replace(module_flavour="open"), "2.14.1+cu126").of(
        Kind.OPEN_MODULE_IMPOSSIBLE
    )


def test_a_gpu_that_the_driver_lists_is_known_to_it() -> None:
    assert (
        judged(machine("515.65.01", "NVIDIA H100 PCIe"), "2.7.1+cu118").status is Status.SUPPORTED
    )


@pytest.mark.parametrize(
    ("gpu", "driver"), [("Tesla V100-SXM2-16GB", "590.48.01"), ("Tesla K80", "495.46")]
)
def test_a_driver_that_dropped_the_gpu(gpu: str, driver: str) -> None:
    here = machine(driver, gpu, listed=False)

    assert judged(here, "2.0.1+cu118").of(Kind.DRIVER_DROPPED_GPU)


def test_one_build_must_serve_every_gpu() -> None:
    both = machine("580.95.05", "Tesla V100-SXM2-32GB", "NVIDIA B200")

    assert judged(both, "2.10.0+cu128").status is Status.SUPPORTED
    newer = judged(both, "2.11.0+cu128")
    older = judged(both, "2.10.0+cu126")
    assert [(o.kind, o.gpu) for o in newer.objections] == [(Kind.GPU_OLDER_THAN_BUILD, 0)]
    assert [(o.kind, o.gpu) for o in older.objections] == [(Kind.GPU_NEWER_THAN_BUILD, 1)]


def test_windows_and_wsl_have_their_own_floor() -> None:
    gpu = "NVIDIA GeForce RTX 4090"
    for platform in ("windows", "wsl"):
        wheels = "windows-x86_64" if platform == "windows" else "linux-x86_64"
        old = machine("526.98", gpu, platform=platform)
        new = machine("527.41", gpu, platform=platform)

        assert judged(old, "2.9.1+cu128", wheels).of(Kind.DRIVER_BELOW_FLOOR)
        assert judged(new, "2.9.1+cu128", wheels).status is Status.SUPPORTED


def test_forward_compatibility_is_for_eligible_gpus() -> None:
    compat = {"libcuda_kind": "compat", "driver_reports": CudaVersion(13, 0)}
    a100 = machine("535.183.01", "NVIDIA A100-SXM4-80GB", **compat)
    geforce = machine("535.183.01", "NVIDIA GeForce RTX 4090", **compat)

    assert judged(a100, "2.11.0+cu130").status is Status.SUPPORTED
    assert judged(geforce, "2.11.0+cu130").of(Kind.COMPAT_INELIGIBLE)


def test_below_the_floor_without_a_look_at_libcuda_is_unknown_for_a_data_centre_gpu() -> None:
    unseen = {"libcuda_kind": None}
    a100 = machine("535.183.01", "NVIDIA A100-SXM4-80GB", **unseen)
    geforce = machine("535.183.01", "NVIDIA GeForce RTX 4090", **unseen)

    assert judged(a100, "2.11.0+cu130").status is Status.UNKNOWN
    assert judged(geforce, "2.11.0+cu130").status is Status.UNSUPPORTED
    assert judged(a100._replace(cuda_available=False), "2.11.0+cu130").status is Status.UNSUPPORTED
    assert judged(a100._replace(cuda_available=True), "2.11.0+cu130").status is Status.SUPPORTED


def test_what_ran_outranks_what_was_predicted() -> None:
    here = machine("550.163.01", "Tesla V100-SXM2-16GB")
    ran = here._replace(gpus=tuple(gpu._replace(ran=True) for gpu in here.gpus or ()))

    judgement = judged(ran, "2.11.0+cu130")

    assert judgement.status is Status.SUPPORTED
    assert judgement.observed
    assert {o.kind for o in judgement.contradicted} == {
        Kind.DRIVER_BELOW_FLOOR,
        Kind.GPU_OLDER_THAN_BUILD,
    }


def test_what_is_not_known_is_unknown() -> None:
    nameless = machine("580.95.05", "NVIDIA Something New")
    no_driver = machine(None, "NVIDIA A100-SXM4-80GB")

    assert judged(nameless, "2.11.0+cu130").status is Status.UNKNOWN
    assert judged(no_driver, "2.11.0+cu130").unknown == (
        ("the release of the NVIDIA driver", "driver_release"),
    )
    assert judged(Machine(driver=no_driver.driver), "2.11.0+cu130").status is Status.UNKNOWN


def test_ptx_needs_a_driver_as_new_as_its_toolkit() -> None:
    targets = (SmTarget.parse("sm_70"), SmTarget.parse("compute_70"))
    cuda = CudaVersion(12, 9)
    ptx_only = Build("9.0", "cu129", cuda, targets, floors=driver_floors(MATRIX, cuda))
    old, new = (machine(d, "NVIDIA H100 PCIe") for d in ("570.211.01", "580.95.05"))

    assert judge(old, ptx_only).of(Kind.PTX_NEWER_THAN_DRIVER)
    assert judge(new, ptx_only).status is Status.SUPPORTED


def test_a_jetson_runs_only_code_for_itself() -> None:
    orin = machine("540.4.0", "Orin", platform="jetson", arch="aarch64")
    own = Build(
        "2.5.0a0",
        "cu126",
        CudaVersion(12, 6),
        (SmTarget.parse("sm_87"),),
        Floors(),
        origin="jetson",
    )

    assert judge(orin, own).status is Status.SUPPORTED
    assert judged(orin, "2.11.0+cu130", "linux-aarch64").of(Kind.JETSON_NEEDS_OWN_BUILD)


def test_a_server_wheel_fails_on_a_jetson_whatever_it_was_compiled_for() -> None:
    orin = machine("540.4.0", "Orin", platform="jetson", arch="aarch64")
    thor = machine("580.95.05", "NVIDIA Thor", arch="aarch64")
    cuda = CudaVersion(12, 6)
    unmeasured = Build("2.6.0", "cu126", cuda, None, floors=driver_floors(MATRIX, cuda))

    assert judge(orin, unmeasured).of(Kind.JETSON_NEEDS_OWN_BUILD)
    assert judge(thor, unmeasured).status is Status.UNKNOWN


def test_products_of_several_kinds_are_eligible_where_all_are() -> None:
    both = traits_of(Gpu(0, "A100"), MATRIX, listed=False)
    mixed = traits_of(Gpu(0, "5090"), MATRIX, listed=False)

    assert (both.eligible, mixed.eligible) == ("yes", "no")


def test_an_old_wheel_names_the_abi_of_its_python() -> None:
    here = machine("430.64", "NVIDIA GeForce RTX 2080 Ti", python_tag="cp37")

    assert judged(here, "1.3.1+cu101").status is Status.SUPPORTED  # its tag is cp37m
    assert judged(here._replace(python_tag="cp39"), "1.3.1+cu101").of(Kind.PYTHON_WITHOUT_WHEEL)


def test_the_wheel_has_demands_of_its_own() -> None:
    gpu = "NVIDIA A100-SXM4-80GB"
    old_python = machine("580.95.05", gpu, python_tag="cp38")
    old_glibc = machine("580.95.05", gpu, glibc=(2, 17))
    arm = machine("580.95.05", gpu, arch="aarch64")

    assert judged(old_python, "2.9.1+cu126").of(Kind.PYTHON_WITHOUT_WHEEL)
    assert judged(old_glibc, "2.9.1+cu126").of(Kind.GLIBC_TOO_OLD)
    assert judged(old_glibc, "2.6.0+cu124").status is Status.SUPPORTED
    assert judged(arm, "2.9.1+cu126").of(Kind.WRONG_PLATFORM)
