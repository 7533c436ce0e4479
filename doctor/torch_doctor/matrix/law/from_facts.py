"""From facts to what the law looks at, and the law's answer for them."""

from __future__ import annotations

import re

from torch_doctor.core.fact import Facts
from torch_doctor.core.judgement import Doubt, Judgement, Status
from torch_doctor.core.observed import results_by_gpu
from torch_doctor.core.records import ApiStatus, Gpu, KernelResult, LibraryFile
from torch_doctor.core.version import DriverRelease
from torch_doctor.matrix.law.build import build_of, published_platforms
from torch_doctor.matrix.law.gpu import traits_of, traits_of_all
from torch_doctor.matrix.law.judge import judge
from torch_doctor.matrix.law.machine import (
    UNREAD,
    Build,
    GpuTraits,
    Machine,
    ran_everywhere,
)
from torch_doctor.matrix.law.masks import shown_of
from torch_doctor.matrix.law.platform import glibc_of, platform_of, processor_of, wheel_platform
from torch_doctor.matrix.query import driver_of, gpu_with_pci_id
from torch_doctor.matrix.store import Matrix

# What the law takes for granted where nobody asked, and must not take for granted where the answer was lost.
_WHERE = ("os_family", "host_arch", "wsl", "jetson")
_TAKEN = (*_WHERE, "libcuda", "torch_origin")


def judgement_of(facts: Facts, matrix: Matrix, machine: Machine | None = None) -> Judgement:
    """Judge the installed (or reported) build on the facts' *machine*, which need not be worked out twice.

    A fact that was lost is read as everything that it may have been: an answer is what holds for each reading.
    """
    lost = tuple(name for name in _TAKEN if facts.is_lost(name))
    if isinstance(status := facts.value("cuda_init"), ApiStatus) and status.code == 0:
        lost = tuple(name for name in lost if name != "libcuda")  # whichever it is, it starts
    unsaid = ("os_family",) if "os_family" not in facts and platform_of(facts) == "linux" else ()
    if not (lost or unsaid):
        return _judged(build_of(facts, matrix), facts, machine or machine_of(facts, matrix))
    from torch_doctor.core.readings import readings
    from torch_doctor.matrix.law.lost import Judged, what_holds

    made_for = published_platforms(facts, matrix)
    every = tuple(readings(facts, (*unsaid, *lost)))
    judged = []
    for one in [one for one in every if wheel_platform(one) in made_for] or every:
        # the build of a report that names no system is that of Linux; only the floors of drivers may be others
        build = build_of(one.without(*unsaid), matrix)
        judged.append(Judged(one, _judged(build, one, machine_of(one, matrix))))
    return what_holds(judged, (*unsaid, *lost), facts)


def _judged(build: Build | None, facts: Facts, machine: Machine) -> Judgement:
    if build is not None:
        return _without_doubt_of_instances(judge(machine, build), machine)
    # a card that drives the screen beside a GPU that ran is not what PyTorch is for
    used = tuple(gpu for gpu in machine.gpus or () if gpu.ran is not None or not gpu.display)
    if ran_everywhere(machine._replace(gpus=used)):
        return Judgement(Status.SUPPORTED, observed=True)
    if facts.is_absent("torch_version"):
        return Judgement(Status.NOT_APPLICABLE)
    return Judgement(Status.UNKNOWN, unknown=(Doubt("which torch is installed", "torch_version"),))


def _without_doubt_of_instances(judgement: Judgement, machine: Machine) -> Judgement:
    """No build has a say in whether a GPU in MIG mode has an instance, so the law leaves this doubt to whoever asks."""
    if judgement.status is not Status.SUPPORTED or judgement.observed or machine.cuda_available:
        return judgement
    unread = [gpu for gpu in machine.gpus or () if gpu.instances_unread and not gpu.ran]
    doubts = [f"whether {gpu.name}, which is in MIG mode, has an instance" for gpu in unread]
    unknown = tuple(Doubt(doubt, "gpus") for doubt in dict.fromkeys(doubts))
    return judgement._replace(status=Status.UNKNOWN, unknown=unknown) if unknown else judgement


def machine_of(facts: Facts, matrix: Matrix) -> Machine:
    """Return the machine that *facts* describe; of a lost system or processor only what is certain."""
    libcuda: LibraryFile | None = facts.value("libcuda")
    module = facts.value("kernel_module")
    driver: DriverRelease | None = facts.value("driver_release")
    platform, arch = _platform(facts)
    shown = shown_of(facts)
    return Machine(
        platform=platform,
        arch=arch,
        driver=driver_of(matrix, driver) if driver else None,
        driver_reports=facts.value("driver_cuda"),
        libcuda_kind=libcuda.kind if libcuda else None,
        libcuda_release=_release(libcuda),
        module_flavour=(module.flavour or UNREAD) if module else None,
        gpus=_gpus(facts, matrix, shown.hidden),
        python_tag=facts.value("python_tag"),
        python=facts.value("python_version"),
        glibc=glibc_of(facts.value("libc")),
        cuda_available=facts.value("cuda_available"),
        mask_open=shown.open_fact,
        shown=shown.count,
    )


def _platform(facts: Facts) -> tuple[str | None, str | None]:
    lost = tuple(name for name in _WHERE if facts.is_lost(name))
    if not lost:
        return platform_of(facts), processor_of(facts)
    from torch_doctor.core.readings import readings

    possible = list(readings(facts, lost))
    platforms = {platform_of(one) for one in possible}
    archs = set(map(processor_of, possible))
    return _only(platforms), _only(archs)


def _only(values: set[str]) -> str | None:
    return values.pop() if len(values) == 1 else None


def _gpus(facts: Facts, matrix: Matrix, hidden: frozenset[int]) -> tuple[GpuTraits, ...] | None:
    listed: tuple[Gpu, ...] | None = facts.value("gpus")
    gpus = listed and tuple(gpu for gpu in listed if gpu.index not in hidden)
    results: tuple[KernelResult, ...] = facts.value("kernel_results", ())
    own: tuple[KernelResult, ...] = facts.value("driver_kernels", ())
    if gpus:
        driver_listed = facts["gpus"].source.kind in ("nvml", "report")
        seen = [
            (_completed(gpu, observed), _ran(observed))
            for gpu, observed in zip(gpus, results_by_gpu(gpus, results), strict=True)
            if not gpu.lost
        ]
        return traits_of_all(seen, matrix, listed=driver_listed)
    if results:
        return tuple(
            traits_of(_from_result(result), matrix, listed=True, ran=_ran((result,)))
            for result in results
        )
    if any(result.ok for result in own):  # torch was not asked, and the driver told of its GPUs
        return tuple(traits_of(_from_result(result), matrix, listed=True) for result in own)
    on_bus = facts.value("pci_gpus")
    if on_bus:
        return tuple(_from_bus(index, pci.device_id, matrix) for index, pci in enumerate(on_bus))
    return () if gpus == () else None


def _ran(observed: tuple[KernelResult, ...]) -> bool | None:
    """Whether kernels ran; None where nothing is told, or where one ran and something else failed on the same GPU."""
    if not observed or any(result.ok and result.error for result in observed):
        return None
    return all(result.ok for result in observed)


def _completed(gpu: Gpu, observed: tuple[KernelResult, ...]) -> Gpu:
    """What the driver did not say of a GPU, torch did, where all that is told of it agrees."""
    names = {result.name for result in observed if result.name}
    capabilities = {result.compute_capability for result in observed if result.compute_capability}
    if gpu.name is None and len(names) == 1:
        gpu = gpu._replace(name=names.pop())
    if gpu.compute_capability is None and len(capabilities) == 1:
        gpu = gpu._replace(compute_capability=capabilities.pop())
    return gpu


def _from_result(result: KernelResult) -> Gpu:
    return Gpu(result.index, result.name, result.compute_capability)


def _from_bus(index: int, device_id: str, matrix: Matrix) -> GpuTraits:
    rows = gpu_with_pci_id(matrix, device_id)
    name = rows[0].name if rows else f"NVIDIA device {device_id}"
    return traits_of(Gpu(index, name), matrix, listed=False)


def _release(libcuda: LibraryFile | None) -> DriverRelease | None:
    """Its file carries the release; the name that programs ask for, libcuda.so.1 (1.1 in WSL), does not."""
    version = (libcuda and libcuda.version) or ""
    is_release = version and re.fullmatch(r"\d{3,4}(\.\d{1,4}){0,2}", version)
    return DriverRelease.parse(version) if is_release else None
