"""What the facts would be after each kind of action."""

from __future__ import annotations

from typing import Any

import pytest
from torch_doctor.core.fact import Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.finding import Action
from torch_doctor.core.records import (
    ApiStatus,
    ErrorSeen,
    Gpu,
    KernelModule,
    LibraryFile,
    Package,
    PciGpu,
)
from torch_doctor.core.version import CudaVersion, DriverRelease, TorchVersion
from torch_doctor.fixes import kinds as fixes
from torch_doctor.fixes.actions import by_hand
from torch_doctor.fixes.effects.apply import apply
from torch_doctor.matrix.load import load_matrix

MATRIX = load_matrix()
HERE = Source("file", "case")
R535, R550, R580 = map(DriverRelease.parse, ("535.183.01", "550.54.14", "580.65.06"))


def facts_of(**known: Any) -> Facts:
    return Facts({name: Known(value, HERE) for name, value in known.items()})


def after(action: Action, **known: Any) -> Facts:
    changed = apply(action, facts_of(**known), MATRIX)
    assert changed is not None
    return changed


TORCH = {
    "torch_version": TorchVersion.parse("2.9.1+cu130"),
    "torch_cuda": CudaVersion(13, 0),
    "torch_variant": "cuda",
    "packages": (
        Package("torch", "2.9.1+cu130"),
        Package("torchvision", "0.24.1+cu130"),
        Package("nvidia-cudnn-cu13", "9.13.0.50"),
        Package("numpy", "2.3.4"),
    ),
    "cuda_available": False,
    "errors_seen": (ErrorSeen("The NVIDIA driver on your system is too old"),),
    "python_tag": "cp312",
}


def test_another_build_replaces_torch_and_what_moves_along_and_forgets_what_was_seen() -> None:
    action = fixes.InstallTorch("2.9.1", "cu128", "https://x/whl/cu128", ("torchvision==0.24.1",))

    changed = after(action, **TORCH)

    assert str(changed.value("torch_version")) == "2.9.1+cu128"
    assert changed.value("torch_cuda") == CudaVersion(12, 8)
    there = {package.name: package.version for package in changed.value("packages")}
    assert there == {"torch": "2.9.1+cu128", "torchvision": "0.24.1+cu128", "numpy": "2.3.4"}
    assert changed.value("python_tag") == "cp312"
    assert not {"cuda_available", "errors_seen"} & set(changed)


def test_packages_get_the_versions_that_are_named() -> None:
    action = fixes.InstallPackages("", ("torchvision==0.24.1", "numpy<2"))

    changed = after(action, **TORCH)

    there = {package.name: package.version for package in changed.value("packages")}
    assert there["torchvision"] == "0.24.1"
    assert "numpy" not in there  # of which version it is then, nobody knows
    assert "errors_seen" not in changed
    assert changed.value("torch_version") == TORCH["torch_version"]


def test_the_same_torch_again_is_whole_and_another_one_is_another_action() -> None:
    again = fixes.InstallPackages("", ("torch==2.9.1+cu130",), deps=True)

    assert "torch_damage" not in after(again, **TORCH, torch_damage=("libtorch.so",))
    other = fixes.InstallPackages("", ("torch==2.8.0+cu128",), deps=True)
    assert apply(other, facts_of(**TORCH), MATRIX) is None


def test_removed_packages_are_gone() -> None:
    changed = after(fixes.RemovePackages("", ("nvidia-cudnn-cu13",)), **TORCH)

    assert "nvidia-cudnn-cu13" not in {package.name for package in changed.value("packages")}
    assert "torch_version" not in after(fixes.RemovePackages("", ("torch",)), **TORCH)


DRIVER = {
    "os_family": "linux",
    "driver_release": R535,
    "driver_cuda": CudaVersion(12, 2),
    "kernel_module": KernelModule(R535, "proprietary"),
    "gpus": (Gpu(0, "NVIDIA GeForce RTX 4090"),),
    "cuda_init": ApiStatus(35, "CUDA_ERROR_INSUFFICIENT_DRIVER"),
}


def test_a_driver_brings_its_module_and_what_it_serves_and_has_not_listed_gpus_yet() -> None:
    changed = after(fixes.UpdateDriver("580.65.06"), **DRIVER)

    assert changed.value("driver_release") == R580
    assert changed.value("driver_cuda") == CudaVersion(13, 0)
    assert changed.value("kernel_module") == KernelModule(R580, "open")
    assert changed["gpus"].source.kind == "derived"
    assert "cuda_init" not in changed


def test_the_compat_library_stays_on_the_path_under_a_new_driver() -> None:
    compat = LibraryFile("/usr/local/cuda/compat/libcuda.so.1", "compat", "550.54.14")

    changed = after(fixes.UpdateDriver("580.65.06"), **DRIVER, libcuda=compat)

    assert changed.value("libcuda") == compat
    assert "driver_cuda" not in changed


def test_a_driver_takes_gpus_from_nouveau_and_not_from_virtual_machines() -> None:
    nouveau, vfio = PciGpu("1", "2684", "nouveau"), PciGpu("2", "2684", "vfio-pci")

    assert after(fixes.UpdateDriver("580"), pci_gpus=(nouveau,)).value("pci_gpus")[0].driver == (
        "nvidia"
    )
    assert after(fixes.UpdateDriver("580"), pci_gpus=(vfio,)).value("pci_gpus") == (vfio,)


def test_a_reboot_loads_the_module_of_the_libraries() -> None:
    half = {"kernel_module": KernelModule(R535), "driver_library_release": R550}

    changed = after(fixes.Reboot(""), **half, nvml_status=ApiStatus(18, "MISMATCH"))

    assert changed.value("kernel_module").release == R550
    assert "nvml_status" not in changed


def test_what_a_lost_gpu_does_after_a_reboot_nobody_can_tell() -> None:
    assert apply(fixes.Reboot(""), facts_of(gpus=(Gpu(0, lost=True),)), MATRIX) is None


def test_a_module_is_of_the_release_of_its_libraries() -> None:
    changed = after(fixes.LoadModule("nvidia"), driver_library_release=R550)

    assert changed.value("kernel_module") == KernelModule(R550)
    assert after(fixes.LoadModule("nvidia_uvm")).value("uvm_loaded") is True
    assert apply(fixes.LoadModule("nvidia"), facts_of(), MATRIX) is None
    assert apply(fixes.LoadModule("vfio"), facts_of(driver_release=R550), MATRIX) is None


def test_unified_memory_starts_anew_with_its_options() -> None:
    off = fixes.ReloadUvm(first=("echo 'options nvidia_uvm uvm_disable_hmm=1' | sudo tee x",))

    changed = after(off, cuda_init=ApiStatus(3, "NOT_INITIALIZED"), uvm_hmm=True)

    assert changed.value("uvm_hmm") is False
    assert "cuda_init" not in changed


def test_a_variable_is_set_and_unset_where_a_fact_knows_it() -> None:
    mask = fixes.SetVariable("CUDA_VISIBLE_DEVICES", "1", "")

    changed = after(mask, cuda_visible_devices="7", cuda_available=False)

    assert changed.value("cuda_visible_devices") == "1"
    assert "cuda_available" not in changed
    gone = after(fixes.UnsetVariable("CUDA_VISIBLE_DEVICES", ""), cuda_visible_devices="7")
    assert gone.is_absent("cuda_visible_devices")
    for unknown in ("NCCL_DEBUG", "OS_FAMILY_OF_MINE", "GPUS"):
        assert apply(fixes.SetVariable(unknown, "1", ""), facts_of(), MATRIX) is None


def test_a_folder_off_the_path_leaves_the_next_copy() -> None:
    compat = LibraryFile("/opt/compat/libcuda.so.1", "compat", "550.54.14")
    own = LibraryFile("/usr/lib/libcuda.so.1", "driver", "535.183.01")
    loader = {"libcuda": compat, "libcuda_copies": (compat, own), "driver_release": R535}

    changed = after(
        fixes.OffLibraryPath("/opt/compat", "/opt/compat:/opt/lib"),
        **loader,
        driver_cuda=CudaVersion(12, 4),
        ld_library_path="/opt/compat:/opt/lib",
    )

    assert changed.value("libcuda") == own
    assert changed.value("ld_library_path") == "/opt/lib"
    assert changed.value("driver_cuda") == CudaVersion(12, 2)
    unset = after(
        fixes.UnsetVariable("LD_LIBRARY_PATH", ""), **loader, ld_library_path="/opt/compat"
    )
    assert unset.value("libcuda") == own


def test_a_container_gets_what_it_is_started_with() -> None:
    again = fixes.RestartContainer("", shared_memory="16g", memory_lock=True)
    blind = facts_of(container="docker", memlock_kib=64, shm_mib=64).with_(
        libcuda=Unavailable(Reason.NOT_PRESENT), gpus=Known((), HERE)
    )

    changed = apply(again, blind, MATRIX)

    assert changed is not None
    assert changed.value("container_gpus_requested") is True
    assert changed.value("shm_mib") == 16 * 1024
    assert not {"libcuda", "gpus", "memlock_kib"} & set(changed)
    named = fixes.RestartContainer("", variables=(("NVIDIA_VISIBLE_DEVICES", "all"),))
    assert after(named).value("nvidia_visible_devices") == "all"


def test_steps_are_taken_one_after_the_other() -> None:
    both = fixes.Steps(
        (fixes.UpdateDriver("580.65.06"), fixes.InstallTorch("2.9.1", "cu128", "https://x"))
    )

    changed = after(both, **DRIVER, **TORCH)

    assert changed.value("driver_release") == R580
    assert changed.value("torch_cuda") == CudaVersion(12, 8)
    assert apply(fixes.Steps((by_hand("sing"),)), facts_of(), MATRIX) is None


@pytest.mark.parametrize("action", [by_hand("look"), fixes.UpdateDriver("the newest")])
def test_what_nobody_has_described_has_no_effect_that_can_be_told(action: Action) -> None:
    assert apply(action, facts_of(**DRIVER), MATRIX) is None


def test_hidden_gpus_are_masked_by_the_numbers_of_the_bus() -> None:
    """What was seen to fail on one of them would be seen anew."""
    changed = after(fixes.HideGpus("hide the old card", (0, 2)), cuda_available=True)

    assert changed.value("cuda_visible_devices") == "0,2"
    assert changed.value("cuda_device_order") == "PCI_BUS_ID"
    assert changed.value("cuda_available") is None
