"""The kernel module is there but the user-mode driver library (libcuda) is not.

What it checks
    libcuda.so.1 on the loader's path while the kernel module is loaded; or torch's own words that
    there is no driver, beside an nvidia-smi that works.
Why it matters
    torch loads libcuda at its first CUDA call; without it CUDA reports driver version 0 and error 35.
How to fix
    Install the driver's compute libraries; in a container, start it with the GPU option.
References
    https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/
    https://github.com/NixOS/nixpkgs/pull/120285
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Reason, Unavailable
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, KernelModule, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_INSTALL = {
    "ubuntu": "sudo apt-get install libnvidia-compute-{branch}",
    "debian": "sudo apt-get install libcuda1",
    "fedora": "sudo dnf install nvidia-driver-cuda-libs",
    "rhel": "sudo dnf install nvidia-driver-cuda-libs",
    "rocky": "sudo dnf install nvidia-driver-cuda-libs",
    "almalinux": "sudo dnf install nvidia-driver-cuda-libs",
}
_ON_NIXOS = fixes.by_hand(
    "put the folder that NixOS gives the driver's libraries on the loader's path",
    "export LD_LIBRARY_PATH=/run/opengl-driver/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}",
)
_TEXTS = r"found no nvidia driver on your system|libcuda\.so\.1: cannot open shared object"


@rule("TD111", severity="error", cause="no-driver-or-module", shows="library")
def check(
    libcuda: Fact[Any],
    kernel_module: KernelModule | None = None,
    driver_release: DriverRelease | None = None,
    container: str | None = None,
    container_image: str | None = None,
    wsl: bool | None = None,
    jetson: str | None = None,
    os_id: str | None = None,
    project_manager: str | None = None,
    nvml_status: ApiStatus | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    release = kernel_module.release if kernel_module else driver_release
    elsewhere = container or container_image or wsl or jetson
    # whose nvidia-smi answers has a driver, whatever its release
    answers = nvml_status is not None and nvml_status.code == 0
    there = release is not None or answers
    if elsewhere or not there or cuda_started(kernel_results, cuda_available):
        return
    absent = isinstance(libcuda, Unavailable) and libcuda.reason is Reason.NOT_PRESENT
    pasted = isinstance(libcuda, Unavailable) and libcuda.reason is Reason.NOT_ASKED
    seen = errors.matching(_TEXTS) if release else errors.of("libcuda_missing")
    if not (kernel_module and absent) and not (pasted and seen):
        return
    named = f"driver {release}" if release else "the driver"
    commands = ["ldconfig -p | grep libcuda"] if release is None else []
    if release and os_id in _INSTALL:
        commands = [_INSTALL[os_id].format(branch=release.branch)]
    text = f"install the compute libraries of {named} (its package with libcuda)"
    cure = fixes.by_hand(text, *commands, scope="host", root=True)
    if os_id == "nixos" or (project_manager == "nix" and os_id is None):
        cure = _ON_NIXOS
    message = f"{named} is there, but libcuda.so.1 is not on the loader's path"
    yield finding("driver", message, fixes=[cure])
