"""What a driver, its modules and a reboot do to the facts of a machine."""

from __future__ import annotations

from torch_doctor.core.fact import Fact, Facts, Known
from torch_doctor.core.records import Gpu, KernelModule, LibraryFile, PciGpu
from torch_doctor.core.startup import Any
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.fixes.effects.observed import (
    OF_THE_DRIVER,
    PLANNED,
    unobserved,
    without_driver,
)
from torch_doctor.fixes.kinds import (
    LoadModule,
    Reboot,
    ReloadUvm,
    ResetGpu,
    UpdateDriver,
    UseCompat,
)
from torch_doctor.matrix.query import driver_reports
from torch_doctor.matrix.store import Matrix

_OUTSIDE = ("compat", "stub")


def update_driver(action: UpdateDriver, facts: Facts, matrix: Matrix) -> Facts | None:
    """A driver of the wanted release is loaded after a reboot, its libraries with it."""
    try:
        release = DriverRelease.parse(action.minimum)
    except ValueError:
        return None
    return with_driver(unobserved(facts), release, matrix, _flavour(action, facts))


def with_driver(
    facts: Facts, release: DriverRelease, matrix: Matrix, flavour: str | None = None
) -> Facts:
    """Return *facts* with another driver. A compat library or a stub on the loader's path stays where it is."""
    changes: dict[str, Fact[Any]] = {"driver_release": Known(release, PLANNED)}
    libcuda: LibraryFile | None = facts.value("libcuda")
    if libcuda and libcuda.kind in _OUTSIDE:
        changes["libcuda"] = facts["libcuda"]
    elif reports := driver_reports(matrix, release):
        changes["driver_cuda"] = Known(reports, PLANNED)
    if "kernel_module" in facts and facts.value("os_family", "linux") == "linux":
        changes["kernel_module"] = Known(KernelModule(release, flavour), PLANNED)
    on_bus: tuple[PciGpu, ...] | None = facts.value("pci_gpus")
    if on_bus and not all(gpu.driver == "vfio-pci" for gpu in on_bus):
        bound = tuple(gpu._replace(driver="nvidia") for gpu in on_bus)
        changes["pci_gpus"] = Known(bound, PLANNED)
    return without_driver(facts).with_(**changes)


def _flavour(action: UpdateDriver, facts: Facts) -> str | None:
    module: KernelModule | None = facts.value("kernel_module")
    if module is None and "pci_gpus" not in facts:
        return None
    return "open" if action.open_module else "proprietary"


def load_module(action: LoadModule, facts: Facts, matrix: Matrix) -> Facts | None:
    """The module is there and answers; of which release, the libraries tell."""
    release = facts.value("driver_library_release") or facts.value("driver_release")
    done = unobserved(facts).without(*OF_THE_DRIVER)
    if action.module == "nvidia_uvm":
        return done.with_(uvm_loaded=Known(True, PLANNED))
    if action.module != "nvidia" or release is None:
        return None
    on_bus: tuple[PciGpu, ...] = facts.value("pci_gpus", ())
    bound = tuple(gpu._replace(driver=gpu.driver or "nvidia") for gpu in on_bus)
    changes: dict[str, Fact[Any]] = {"kernel_module": Known(KernelModule(release), PLANNED)}
    if on_bus:
        changes["pci_gpus"] = Known(bound, PLANNED)
    return done.with_(**changes)


def reload_uvm(action: ReloadUvm, facts: Facts, matrix: Matrix) -> Facts | None:
    """The state of nvidia_uvm is new; its options are what the commands before set."""
    done = unobserved(facts).without("cuda_init", "cuda_device_count")
    changes: dict[str, Fact[Any]] = {"uvm_loaded": Known(True, PLANNED)}
    if any("uvm_disable_hmm=1" in command for command in action.first):
        changes["uvm_hmm"] = Known(False, PLANNED)
    return done.with_(**changes)


def reset_gpu(action: ResetGpu, facts: Facts, matrix: Matrix) -> Facts | None:
    """What waits for a reset is done, and counters since the start begin anew. A lost GPU may not come back."""
    gpus: tuple[Gpu, ...] = facts.value("gpus", ())
    if not gpus or any(gpu.lost for gpu in gpus):
        return None
    done = tuple(
        gpu._replace(
            row_remap_pending=gpu.row_remap_pending and False,
            pages_retired_pending=gpu.pages_retired_pending and False,
            ecc_uncorrected=gpu.ecc_uncorrected and 0,
            faults=tuple(fault for fault in gpu.faults if "RESET_REQUIRED" not in fault),
        )
        if action.index in (None, gpu.index)
        else gpu
        for gpu in gpus
    )
    known = Known(done, facts["gpus"].source)
    return unobserved(facts).without("kernel_events").with_(gpus=known)


def reboot(action: Reboot, facts: Facts, matrix: Matrix) -> Facts | None:
    """The module on disk is loaded, which is of the libraries' release. What a lost GPU does then, nobody can tell."""
    if any(gpu.lost or gpu.faults for gpu in facts.value("gpus", ())):
        return None
    done = unobserved(facts).without(*OF_THE_DRIVER)
    libraries: DriverRelease | None = facts.value("driver_library_release")
    module: KernelModule | None = facts.value("kernel_module")
    if libraries and module:
        loaded = module._replace(release=libraries)
        done = done.with_(kernel_module=Known(loaded, PLANNED))
        if "driver_release" in facts:
            done = done.with_(driver_release=Known(libraries, PLANNED)).without("driver_cuda")
    return done


def use_compat(action: UseCompat, facts: Facts, matrix: Matrix) -> Facts | None:
    """A newer libcuda answers over the same module, and serves its own CUDA."""
    cuda = CudaVersion.parse(action.cuda)
    branches = [row.branch for row in matrix.drivers if row.cuda == action.cuda]
    if not branches:
        return None
    folder = f"/usr/local/cuda-{action.cuda}/compat"
    library = LibraryFile(f"{folder}/libcuda.so.1", "compat", str(min(branches)))
    done = unobserved(facts).without("cuda_init", "cuda_device_count", "libcuda_copies")
    return done.with_(libcuda=Known(library, PLANNED), driver_cuda=Known(cuda, PLANNED))
