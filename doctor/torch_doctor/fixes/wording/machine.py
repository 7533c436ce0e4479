"""Kernel modules, services, resets and reboots of the machine that has the driver."""

from __future__ import annotations

from torch_doctor.core.finding import Fix
from torch_doctor.fixes.kinds import (
    HOST,
    LoadModule,
    PowerCycle,
    Reboot,
    ReloadUvm,
    ResetGpu,
    StartService,
)
from torch_doctor.fixes.person import Person

_RESTART_WSL = ("wsl.exe --shutdown",)
_INSTALLERS = {
    "ubuntu": "sudo apt-get install",
    "debian": "sudo apt-get install",
    "rhel": "sudo dnf install",
    "rocky": "sudo dnf install",
    "almalinux": "sudo dnf install",
    "centos": "sudo yum install",
    "fedora": "sudo dnf install",
    "sles": "sudo zypper install",
}


def load_module(action: LoadModule, person: Person) -> Fix | None:
    """Load a kernel module now."""
    if person.system == "wsl":
        return Fix("restart WSL: the driver's modules are those of Windows", _RESTART_WSL, HOST)
    if person.system == "windows":
        return None
    text = f"load the {action.module} kernel module"
    return Fix(text, (f"sudo modprobe {action.module}",), HOST, needs_root=True)


def reload_uvm(action: ReloadUvm, person: Person) -> Fix | None:
    """Reload the module of unified memory."""
    if person.system in ("wsl", "windows"):
        return load_module(LoadModule("nvidia_uvm"), person)
    text = f"{action.text}, with every program that uses a GPU stopped"
    commands = (*action.first, "sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm")
    return Fix(text, commands, HOST, needs_root=True)


def reboot(action: Reboot, person: Person) -> Fix | None:
    """Reboot, or stop every GPU user and reload."""
    if person.system == "wsl":
        return Fix(f"restart Windows {action.why}", _RESTART_WSL, HOST, needs_reboot=True)
    if person.system == "windows":
        return Fix(f"restart Windows {action.why}", scope=HOST, needs_reboot=True)
    text = f"reboot {action.why} (or stop every program that uses a GPU and reload the modules)"
    return Fix(text, ("sudo reboot",), HOST, needs_root=True, needs_reboot=True)


def power_cycle(action: PowerCycle, person: Person) -> Fix:
    """Take the power away: a warm reboot keeps the state of a GPU."""
    return Fix(f"power the machine off and on: {action.why}", (), HOST, needs_root=True)


def reset_gpu(action: ResetGpu, person: Person) -> Fix | None:
    """Reset one GPU, or all of them."""
    if person.system in ("wsl", "windows"):
        return Fix(f"restart Windows: {action.why}", scope=HOST, needs_reboot=True)
    which = "" if action.index is None else f" -i {action.index}"
    return Fix(action.why, (f"sudo nvidia-smi --gpu-reset{which}",), HOST, needs_root=True)


def start_service(action: StartService, person: Person) -> Fix | None:
    """Start a service now and at every boot; install it first where systemd does not know it."""
    if person.system in ("wsl", "windows"):
        return None
    start = f"sudo systemctl enable --now {action.unit}"
    missing = action.install or action.unit in person.missing_units
    if action.install is False and not missing:
        return Fix(f"{action.lead}{action.text}", (start,), HOST, needs_root=True)
    names = dict(action.packages)
    command = _INSTALLERS.get(person.distribution or "")
    kind = "apt" if command and "apt" in command else "dnf"
    install = (f"{command} {names[kind]}",) if command and kind in names else ()
    where = "" if missing else " where it is missing"
    text = f"{action.lead}install {action.package}{where}, then start it"
    return Fix(text, (*install, start), HOST, needs_root=True)
