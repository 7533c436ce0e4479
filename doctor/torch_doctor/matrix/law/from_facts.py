"""From facts to what the law looks at, and the law's answer for them."""

from __future__ import annotations

import re
from typing import Any

from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.judgement import Judgement, Status
from torch_doctor.core.records import Gpu, KernelResult
from torch_doctor.core.version import DriverRelease
from torch_doctor.matrix.law.arch import judge_targets
from torch_doctor.matrix.law.build import build_of
from torch_doctor.matrix.law.gpu import traits_of
from torch_doctor.matrix.law.judge import judge
from torch_doctor.matrix.law.machine import Build, GpuTraits, Machine
from torch_doctor.matrix.law.platform import PROCESSORS, glibc_of, is_lost, platform_of
from torch_doctor.matrix.query import gpu_with_pci_id
from torch_doctor.matrix.store import Matrix

_EITHER = Source("derived", "host_arch was lost")


def judgement_of(facts: Facts, matrix: Matrix, machine: Machine | None = None) -> Judgement:
    """Judge the installed (or reported) build on the facts' *machine*, which need not be worked out twice.

    A processor that was asked for and lost may be either: an answer is what holds for both.
    """
    if is_lost("host_arch", facts):
        either = [
            judgement_of(facts.with_(host_arch=Known(one, _EITHER)), matrix) for one in PROCESSORS
        ]
        if len({judgement.status for judgement in either}) == 1:
            return either[0]
        doubt = ("whether the processor is x86_64 or aarch64",)
        return either[0]._replace(status=Status.UNKNOWN, objections=(), unknown=doubt, served=())
    build = build_of(facts, matrix)
    machine = machine or machine_of(facts, matrix)
    if build is None:
        if facts.is_absent("torch_version"):
            return Judgement(Status.NOT_APPLICABLE)
        return Judgement(Status.UNKNOWN, unknown=("which torch is installed",))
    judgement = judge(machine, build, matrix)._replace(served=_served(machine, build, matrix))
    if machine.platform == "linux" and not (
        isinstance(facts["os_family"], Known) or _is_of_linux(machine.driver)
    ):
        # The floors of Windows are a little higher: where that matters, the system has to be known.
        elsewhere = judge(machine._replace(platform="windows"), build, matrix)
        if elsewhere.status is not judgement.status:
            return judgement._replace(
                status=Status.UNKNOWN, objections=(), unknown=("whether this is Linux or Windows",)
            )
    return judgement


def _served(machine: Machine, build: Build, matrix: Matrix) -> tuple[int, ...]:
    """Return the GPUs for which the law has nothing to say against the build's targets, and nothing to ask."""
    if not build.targets:
        return ()
    return tuple(
        gpu.index
        for gpu in machine.gpus or ()
        if not any(True for _ in judge_targets(machine, build, gpu, matrix))
    )


def machine_of(facts: Facts, matrix: Matrix) -> Machine:
    """Return the machine that *facts* describe."""
    libcuda = facts.value("libcuda")
    module = facts.value("kernel_module")
    release = DriverRelease.parse(libcuda.version) if _is_release(libcuda) else None
    return Machine(
        platform=platform_of(facts),
        arch=facts.value("host_arch", "x86_64" if "host_arch" not in facts else None),
        driver=facts.value("driver_release"),
        driver_reports=facts.value("driver_cuda"),
        libcuda_kind=libcuda.kind if libcuda else None,
        libcuda_release=release,
        module_flavour=module.flavour if module else None,
        gpus=_gpus(facts, matrix),
        python_tag=facts.value("python_tag"),
        glibc=glibc_of(facts.value("libc")),
        cuda_available=facts.value("cuda_available"),
    )


def _gpus(facts: Facts, matrix: Matrix) -> tuple[GpuTraits, ...] | None:
    gpus: tuple[Gpu, ...] | None = facts.value("gpus")
    results: tuple[KernelResult, ...] = facts.value("kernel_results", ())
    if gpus:
        driver_listed = facts["gpus"].source.kind in ("nvml", "report")
        usable = [gpu for gpu in gpus if not gpu.lost]
        return tuple(
            traits_of(gpu, matrix, listed=driver_listed, ran=_ran(gpu, gpus, results))
            for gpu in usable
        )
    if results:
        return tuple(
            traits_of(_from_result(result), matrix, listed=True, ran=result.ok)
            for result in results
        )
    on_bus = facts.value("pci_gpus")
    if on_bus:
        return tuple(_from_bus(index, pci.device_id, matrix) for index, pci in enumerate(on_bus))
    return () if gpus == () else None


def _ran(gpu: Gpu, gpus: tuple[Gpu, ...], results: tuple[KernelResult, ...]) -> bool | None:
    """Whether a kernel ran on this GPU. torch numbers devices in its own order: match by UUID, else by model."""
    if not results:
        return None
    own = [result for result in results if gpu.uuid and result.uuid == gpu.uuid]
    if not own:
        own = [result for result in results if _same_model(gpu, result)]
    if not own:
        return all(result.ok for result in results) if len(gpus) == 1 else None
    return all(result.ok for result in own)


def _same_model(gpu: Gpu, result: KernelResult) -> bool:
    if gpu.compute_capability and result.compute_capability:
        return gpu.compute_capability == result.compute_capability
    return gpu.name is not None and gpu.name == result.name


def _from_result(result: KernelResult) -> Gpu:
    return Gpu(result.index, result.name, result.compute_capability)


def _from_bus(index: int, device_id: str, matrix: Matrix) -> GpuTraits:
    rows = gpu_with_pci_id(matrix, device_id)
    name = rows[0].name if rows else f"NVIDIA device {device_id}"
    return traits_of(Gpu(index, name), matrix, listed=False)


def _is_of_linux(driver: DriverRelease | None) -> bool:
    """Whether a release has three numbers, 525.105.17: those of Windows have two."""
    return driver is not None and len(driver.parts) == 3


def _is_release(libcuda: Any) -> bool:
    # The name that programs ask for, libcuda.so.1 (1.1 in WSL), carries no release.
    return bool(
        libcuda and libcuda.version and re.fullmatch(r"\d{3,4}(\.\d{1,4}){0,2}", libcuda.version)
    )
