"""The law of companions: what one build says beside a torch, on a machine."""

from __future__ import annotations

import pytest
from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.records import Gpu, Package
from torch_doctor.core.version import ComputeCapability, CudaVersion, TorchVersion
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.builds.beside import Clash, Torch, build_for, clashes
from torch_doctor.matrix.builds.installed import installed_clashes
from torch_doctor.matrix.builds.query import builds_of
from torch_doctor.matrix.law.gpu import traits_of
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.load import load_matrix

from tests.resting import rests_on

MATRIX = load_matrix()
CU126, CU130 = CudaVersion(12, 6), CudaVersion(13, 0)


def kinds(package: str, version: str, torch: Torch, machine: Machine | None = None) -> list[str]:
    machine = machine or Machine()
    build = build_for(builds_of(MATRIX, package, version), machine)
    assert build is not None
    if isinstance(build, Clash):
        return [build.kind]
    return [clash.kind for clash in clashes(build, torch, machine, MATRIX)]


def on(gpu: str, **more: object) -> Machine:
    capability = {"V100": "7.0", "A100": "8.0", "B200": "10.0"}[gpu]
    seen = Gpu(0, gpu, ComputeCapability.parse(capability))
    return Machine(gpus=(traits_of(seen, MATRIX, listed=False),))._replace(**more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("package", "version", "torch", "machine", "found"),
    [
        ("vllm", "0.33.0", Torch("2.14.0", CU130), None, []),
        ("vllm", "0.33.0", Torch("2.14.0", CU126), None, ["companion-cuda"]),
        ("vllm", "0.33.0", Torch("2.13.0", CU130), None, ["companion-torch"]),
        ("vllm", "0.33.0", Torch("2.14.0", CU130), on("V100"), ["companion-gpu"]),
        ("vllm", "0.19.1", Torch("2.10.0", CU126), on("V100"), []),
        ("xformers", "0.0.35", Torch("2.14.0", CU126), on("B200"), ["companion-gpu"]),
        ("vllm", "0.33.0", Torch("2.14.0", CU130), Machine(glibc=(2, 27)), ["companion-glibc"]),
        (
            "vllm",
            "0.33.0",
            Torch("2.14.0", CU130),
            Machine(platform="windows"),
            ["companion-platform"],
        ),
        (
            "vllm",
            "0.33.0",
            Torch("2.14.0", CU130),
            Machine(python_tag="cp310"),
            ["companion-python"],
        ),
        (
            "vllm",
            "0.33.0",
            Torch("2.14.0", CU130),
            Machine(python_tag="cp313t"),
            ["companion-python"],
        ),
        ("torchvision", "0.29.0", Torch("2.14.0", CU126), None, ["companion-cuda"]),
        ("torchvision", "0.29.0", Torch("2.14.0", CU126, "cu126"), None, []),
        ("bitsandbytes", "0.50.2", Torch("2.14.0", CU126), None, []),
        # Named for any system, with libraries for Linux on x86_64 alone, and none for CUDA 12.6.
        ("bitsandbytes", "0.42.0", Torch("2.2.0", CudaVersion(11, 8)), on("A100"), []),
        ("bitsandbytes", "0.42.0", Torch("2.7.0", CU126), None, ["companion-cuda"]),
        (
            "bitsandbytes",
            "0.42.0",
            Torch("2.2.0", CudaVersion(11, 8)),
            Machine(platform="windows"),
            ["companion-platform"],
        ),
        (
            "bitsandbytes",
            "0.42.0",
            Torch("2.2.0", CudaVersion(11, 8)),
            Machine(arch="aarch64"),
            ["companion-platform"],
        ),
        ("flash-attn", "2.8.3", Torch("2.13.0", CU126), on("V100"), []),  # built beside torch
        ("flash-attn", "2.8.3", Torch("2.14.0", CU126), on("V100"), ["companion-build"]),
        ("deepspeed", "0.19.8", Torch("2.14.0", CU126), on("V100"), []),  # follows torch's C++
        # Up to CUDA 10 the runtime of each release is a library of its own.
        ("pytorch3d", "0.2.5", Torch("1.6.0", CudaVersion(10, 1)), on("V100"), []),
        ("pytorch3d", "0.2.5", Torch("1.6.0", CudaVersion(10, 2)), on("V100"), ["companion-cuda"]),
        ("pytorch3d", "0.2.5", Torch("1.6.0", CudaVersion(9, 2)), on("V100"), ["companion-cuda"]),
    ],
    ids=str,
)
def test_what_speaks_against_a_build(
    package: str, version: str, torch: Torch, machine: Machine | None, found: list[str]
) -> None:
    assert kinds(package, version, torch, machine) == found


def test_a_release_without_rows_is_not_judged() -> None:
    assert build_for(builds_of(MATRIX, "vllm", "9.9.9"), Machine()) is None


def test_an_installer_prefers_the_wheel_for_the_platform() -> None:
    arm = Machine(arch="aarch64")
    x86 = build_for(builds_of(MATRIX, "torchao", "0.18.0"), Machine())
    other = build_for(builds_of(MATRIX, "torchao", "0.18.0"), arm)

    assert not isinstance(x86, Clash) and x86 is not None and x86.platform == "linux-x86_64"
    assert not isinstance(other, Clash) and other is not None and other.platform == "any"


def test_builds_of_other_indexes_and_of_conda_are_not_judged() -> None:
    packages = (
        Package("vllm", "0.33.0+cu126"),
        Package("xformers", "0.0.99"),
        Package("torchvision", "0.29.0", "conda"),
        Package("numpy", "2.0.0"),
    )
    found = installed_clashes(packages, TorchVersion("2.14.0+cu126"), CU126, Machine(), MATRIX)

    assert list(found) == []


@rests_on("TD529")
def test_check_and_triage_find_the_pair_before_anything_is_imported() -> None:
    source = Source("report", "a report")
    facts = Facts(
        {
            "torch_version": Known(TorchVersion("2.14.0+cu126"), source),
            "torch_cuda": Known(CU126, source),
            "packages": Known((Package("vllm", "0.33.0"),), source),
        }
    )
    report = diagnose(facts, MATRIX)

    assert report.verdict.value == "broken"
    assert report.primary is not None
    assert report.primary.code == "TD529"
    assert "libcudart.so.13" in report.primary.message
