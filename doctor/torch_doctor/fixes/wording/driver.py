"""How to get a driver, by the system that it is for."""

from __future__ import annotations

from torch_doctor.core.finding import Fix
from torch_doctor.fixes.actions import HOST, UpdateDriver
from torch_doctor.fixes.person import Person

_COMMANDS = {
    "ubuntu": "sudo apt-get install nvidia-driver-{branch}{flavour}",
    "debian": "sudo apt-get install nvidia-driver",
    "rhel": "sudo dnf module install nvidia-driver:{branch}{dkms}",
    "rocky": "sudo dnf module install nvidia-driver:{branch}{dkms}",
    "almalinux": "sudo dnf module install nvidia-driver:{branch}{dkms}",
    "fedora": "sudo dnf install akmod-nvidia",
    "arch": "sudo pacman -S nvidia-open",
    "opensuse-leap": "sudo zypper install nvidia-open-driver-G06-signed-kmp-default",
    "sles": "sudo zypper install nvidia-open-driver-G06-signed-kmp-default",
}


def update_driver(action: UpdateDriver, person: Person) -> Fix:
    """Update the NVIDIA driver to the minimum or newer, or to one branch and not newer."""
    if person.system == "wsl":
        text = f"update the NVIDIA driver of Windows to {action.minimum} or newer, then run wsl --shutdown"
        return Fix(text, scope=HOST, needs_root=True)
    branch = action.minimum.split(".", maxsplit=1)[0]
    template = _COMMANDS.get(person.distribution or "")
    commands: tuple[str, ...] = ()
    if template:
        flavour, dkms = ("-open", "-open") if action.open_module else ("", "-dkms")
        commands = (template.format(branch=branch, flavour=flavour, dkms=dkms),)
    text = f"update the NVIDIA driver to {action.minimum} or newer"
    if action.exact_branch:
        text = f"install an NVIDIA driver of the {branch} branch"
    return Fix(text, commands, HOST, needs_root=True, needs_reboot=True)
