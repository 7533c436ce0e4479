"""The nouveau kernel driver holds the GPU, so NVIDIA's cannot.

What it checks
    A GPU on the PCI bus is bound to nouveau, or nouveau is loaded while NVIDIA's module is not.
Why it matters
    CUDA needs NVIDIA's kernel module, which cannot take a GPU that nouveau holds.
How to fix
    Install the NVIDIA driver, keep nouveau from loading, rebuild the initramfs and reboot.
References
    https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core import fixes
from doctor.core.fact import Fact, Known
from doctor.core.rule import Draft, finding, rule


@rule(
    "TD112",
    severity="error",
    cause="no-driver-or-module",
    explains=("TD110", "TD111", "TD115", "TD117", "TD409"),
)
def check(pci_gpus, kernel_module: Fact, cures: object, nouveau_loaded=None) -> Iterator[Draft]:
    held = [gpu for gpu in pci_gpus if gpu.driver == "nouveau"]
    unclaimed = [gpu for gpu in pci_gpus if gpu.driver is None]
    if not held and not (nouveau_loaded and unclaimed and not isinstance(kernel_module, Known)):
        return
    block = fixes.by_hand(
        "keep nouveau from loading, then reboot",
        "printf 'blacklist nouveau\\noptions nouveau modeset=0\\n' | sudo tee /etc/modprobe.d/blacklist-nouveau.conf",
        "sudo update-initramfs -u || sudo dracut --force",
        scope="host",
        root=True,
        reboot_needed=True,
    )
    where = ", ".join(gpu.address for gpu in held or unclaimed)
    message = f"the nouveau kernel driver holds the GPU at {where}, so NVIDIA's driver cannot use it"
    yield finding("driver", message, fixes=[cures.driver("580.65.06"), block])
