"""Cures that depend on the host."""

from __future__ import annotations

from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.finding import Action, Fix
from torch_doctor.core.records import Gpu
from torch_doctor.core.version import ComputeCapability, DriverRelease, TorchVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.fixes.person import person_of
from torch_doctor.fixes.wording import worded
from torch_doctor.matrix.load import load_matrix

HERE = Source("file", "report.txt", 1)
MATRIX = load_matrix()


def facts_of(**known: object) -> Facts:
    told = {"os_family": "linux", "host_arch": "x86_64", **known}
    return Facts({name: Known(value, HERE) for name, value in told.items()})


def cures(**known: object) -> Cures:
    return Cures(facts_of(**known), MATRIX)


def said(action: Action) -> Fix:
    return worded(action, person_of(facts_of()))


def test_where_nobody_names_the_gpu_the_driver_decides_and_the_cure_says_for_which_gpus() -> None:
    of_a_report = cures(
        driver_release=DriverRelease.parse("570.86.10"),
        torch_version=TorchVersion.parse("2.11.0+cu130"),
    )

    same, newest = map(said, of_a_report.another_build())

    assert same.text == (
        "install torch==2.11.0+cu128 instead, for GPUs of compute capability 7.5 to 12.0"
    )
    assert "--index-url https://download.pytorch.org/whl/cu128" in same.commands[0]
    assert "for GPUs of compute capability" in newest.text


def test_a_gpu_that_is_named_needs_no_such_words() -> None:
    gpu = Gpu(0, "NVIDIA A100-SXM4-40GB", ComputeCapability(8, 0))
    of_a_host = cures(
        driver_release=DriverRelease.parse("570.86.10"),
        torch_version=TorchVersion.parse("2.11.0+cu130"),
        gpus=(gpu,),
    )

    assert said(of_a_host.another_build()[0]).text == "install torch==2.11.0+cu128 instead"


def test_without_a_driver_and_a_gpu_there_is_nothing_to_go_by() -> None:
    assert cures(torch_version=TorchVersion.parse("2.11.0+cu130")).another_build() == ()


def test_no_gpu_at_all_gets_no_build() -> None:
    assert cures(driver_release=DriverRelease.parse("570.86.10"), gpus=()).another_build() == ()


def test_a_driver_is_named_that_still_drives_the_gpu() -> None:
    kepler = Gpu(0, "Tesla K80", ComputeCapability(3, 7))
    ampere = Gpu(0, "NVIDIA A100-SXM4-80GB", ComputeCapability(8, 0))

    assert "470 branch" in said(cures(gpus=(kepler,)).current_driver()).text
    assert "580.65.06 or newer" in said(cures(gpus=(ampere,)).current_driver()).text
    assert "580.65.06 or newer" in said(cures().current_driver()).text
