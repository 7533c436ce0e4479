"""What lines of the kernel, of lspci and of people tell of nouveau, and how it is kept away."""

from __future__ import annotations

from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

_CONF = "/etc/modprobe.d/blacklist-nouveau.conf"
_BLACKLIST = f"printf 'blacklist nouveau\\noptions nouveau modeset=0\\n' | sudo tee {_CONF}"
BLOCK = fixes.by_hand(
    "keep nouveau from loading, rebuild the initramfs and reboot",
    _BLACKLIST,
    "sudo update-initramfs -u || sudo dracut --force",
    scope="host",
    root=True,
    reboot_needed=True,
)
# The kernel's own words that it has the GPU.
AT_WORK = r"nouveau, rivafb|nouveau.{0,80}obtained ownership"
# NVIDIA's driver is there: its module speaks, lspci lists it, or people tell of its installation.
INSTALLED = (
    rf"{AT_WORK}|Kernel modules:[^\n]*\bnvidia|\bdriver installation\b"
    r"|(?<!not )\binstalled (?:\w+ ){0,3}drivers?\b"
)
_HOLDS = r"\bdriver in use: nouveau\b"  # lspci -k
_NVIDIA_HOLDS = r"\bdriver in use: nvidia\b"
_STILL = r"\bnouveau\b[^.;\n]{0,40}\bstill (?:loaded|in use|active|there)\b"


def is_in_the_way(errors: Errors) -> bool:
    """Whether lines show, or words say, that nouveau has the GPU that NVIDIA's module should have."""
    if errors.matching(_STILL):
        return True
    return bool(errors.matching(_HOLDS)) and not errors.matching(_NVIDIA_HOLDS)
