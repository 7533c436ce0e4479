"""The kernel module is there but the user-mode driver library (libcuda) is not.

What it checks
    libcuda.so.1 on the loader's path while the kernel module is loaded.
Why it matters
    torch loads libcuda at its first CUDA call; without it CUDA reports driver version 0 and error 35.
How to fix
    Install the driver's compute libraries; in a container, start it with the GPU option.
References
    https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core import fixes
from doctor.core.fact import Fact, Reason, Unavailable
from doctor.core.rule import Draft, finding, rule

_PACKAGES = {"ubuntu": "libnvidia-compute-{branch}", "debian": "libcuda1", "fedora": "nvidia-driver-cuda-libs"}


@rule(
    "TD111",
    severity="error",
    cause="no-driver-or-module",
    explains=("TD409",),
)
def check(kernel_module, libcuda: Fact, container=None, wsl=None, os_id=None) -> Iterator[Draft]:
    if not isinstance(libcuda, Unavailable) or libcuda.reason is not Reason.NOT_PRESENT or container or wsl:
        return
    package = _PACKAGES.get(os_id or "", "").format(branch=kernel_module.release.branch)
    install = f"sudo apt-get install {package}" if os_id in ("ubuntu", "debian") else f"sudo dnf install {package}"
    cure = fixes.by_hand(
        f"install the compute libraries of driver {kernel_module.release}",
        *([install] if package else []),
        scope="host",
        root=True,
    )
    message = f"the NVIDIA module {kernel_module.release} is loaded, but libcuda.so.1 is not on the loader's path"
    yield finding("driver", message, fixes=[cure])
