"""What a fact that was lost may have been: a failed probe must never stand for one of the values.

A judgement is drawn for each reading of a lost fact; where the answers differ, the answer is that this fact decides.
A fact that nobody asked for is another thing: a pasted report need not speak of it, and each reader says what it then
takes for granted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from torch_doctor.core.catalog import TRIED
from torch_doctor.core.fact import Fact, Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.records import LibraryFile
from torch_doctor.core.startup import Any
from torch_doctor.core.version import CudaVersion, DriverRelease

_ABSENT = Unavailable(Reason.NOT_PRESENT)
_YES_OR_NO = (False, True)
# A value for each way in which some judgement takes the fact; _ABSENT where there may be no such thing.
_READINGS: dict[str, tuple[Any, ...]] = {
    "os_family": ("linux", "windows", "darwin"),
    "host_arch": ("x86_64", "aarch64"),
    "wsl": _YES_OR_NO,
    "jetson": (_ABSENT, "R35.4.1", "R36.4.0"),
    "container": (_ABSENT, "docker", "kubernetes"),
    "container_gpus_requested": _YES_OR_NO,
    "iommu_translates": _YES_OR_NO,
    "secure_boot": _YES_OR_NO,
    "notebook_service": (_ABSENT, "colab"),
    "tried": ((), tuple(TRIED)),
    "required_builds": ((), ("cpu",)),
    "plain_import_error": (_ABSENT, "ImportError"),
    "other_gpus": ((), ("AMD Instinct MI300X",)),
    "nouveau_loaded": _YES_OR_NO,
    "uvm_loaded": _YES_OR_NO,
    "uvm_hmm": _YES_OR_NO,
    "kernel_module_file": (_ABSENT, "/lib/modules/6.8.0/updates/nvidia.ko"),
    "kernels_with_module": ((), ("6.8.0",)),
    "libcuda": (
        LibraryFile("/usr/lib/libcuda.so.1", "driver"),
        LibraryFile("/usr/local/cuda/compat/libcuda.so.1", "compat", "418.226.00"),
        LibraryFile("/usr/local/cuda/lib64/stubs/libcuda.so", "stub"),
        _ABSENT,
    ),
    "driver_cuda": (CudaVersion(9, 0), CudaVersion(99, 0)),
    "driver_library_release": (_ABSENT, DriverRelease.parse("418.226.00")),
    "fabric_manager": ("running", "stopped", "not installed"),
    "fabric_manager_release": (_ABSENT, DriverRelease.parse("418.226.00")),
    "nvidia_disable_require": (_ABSENT, "true"),
    "nvidia_driver_capabilities": (_ABSENT, "utility", "all"),
    "nvidia_require_cuda": (_ABSENT, "cuda>=99.0"),
    "cuda_visible_devices": (_ABSENT, "", "0"),
    "cuda_disable_ptx_jit": (_ABSENT, "1"),
    "cuda_force_ptx_jit": (_ABSENT, "1"),
    "address_space_kib": (_ABSENT, 4_000_000),
    "data_kib": (_ABSENT, 300_000),
    "cpu_seconds_limit": (_ABSENT, 1),
    "open_files_limit": (_ABSENT, 24),
    "processes_limit": (_ABSENT, 20),
    "cgroup_memory_mib": (_ABSENT, 512),
    "cgroup_processes": (_ABSENT, 20),
    "torch_variant": ("cuda", "cpu", "rocm", "xpu"),
    "torch_origin": ("pytorch", "conda-forge", "ngc", "jetson", "source"),
    "torch_libraries_missing": ((), ("libcudnn.so.9",)),
    "cxx11_abi": _YES_OR_NO,
    "build_isolated": _YES_OR_NO,
}
_MAY_BE = Source("derived", "what it may have been")


def has_readings(name: str) -> bool:
    """Whether all that a fact may have been can be listed."""
    return name in _READINGS


def readings(facts: Facts, names: Iterable[str]) -> Iterator[Facts]:
    """Yield *facts* with each reading of *names* in turn, the commonest first; only what the other facts allow."""
    listed = [[(name, _fact(value)) for value in _READINGS[name]] for name in names]
    whole = [facts.with_(**dict(chosen)) for chosen in product(*listed)]
    return iter([one for one in whole if _goes_together(one)] or whole)


def _fact(value: Any) -> Fact[Any]:
    return value if isinstance(value, Unavailable) else Known(value, _MAY_BE)


def _goes_together(facts: Facts) -> bool:
    """Whether system, processor, driver and build can be of one machine."""
    system, jetson = facts.value("os_family", "linux"), facts.value("jetson")
    driver: DriverRelease | None = facts.value("driver_release")
    # releases of Linux have three numbers, 525.105.17, and those of Windows two
    of_linux = driver is not None and len(driver.parts) == 3
    on_linux = (jetson, facts.value("wsl"), facts.value("libc"), facts.value("kernel_module"))
    if system != "linux" and (of_linux or any(on_linux)):
        return False
    if system == "darwin" and (driver or facts.value("gpus")):
        return False
    if jetson and (facts.value("wsl") or facts.value("host_arch", "aarch64") != "aarch64"):
        return False
    if facts.value("torch_cuda") and facts.value("torch_variant") in ("cpu", "rocm", "xpu"):
        return False
    return "microsoft" not in str(facts.value("kernel_release")).lower() or facts.value("wsl")
