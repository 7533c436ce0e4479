"""Kernel modules, reboots and resets of the machine that has the driver."""

from __future__ import annotations

from torch_doctor.core.finding import Fix
from torch_doctor.fixes.actions import HOST, LoadModule, Reboot, ReloadUvm
from torch_doctor.fixes.person import Person


def load_module(action: LoadModule, person: Person) -> Fix:
    """Load a kernel module now."""
    text = f"load the {action.module} kernel module"
    return Fix(text, (f"sudo modprobe {action.module}",), HOST, needs_root=True)


def reload_uvm(action: ReloadUvm, person: Person) -> Fix:
    """Reload the module of unified memory."""
    text = f"{action.text}, with every program that uses a GPU stopped"
    commands = (*action.first, "sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm")
    return Fix(text, commands, HOST, needs_root=True)


def reboot(action: Reboot, person: Person) -> Fix:
    """Reboot, or stop every GPU user and reload."""
    text = f"reboot {action.why} (or stop every program that uses a GPU and reload the modules)"
    return Fix(text, ("sudo reboot",), HOST, needs_root=True, needs_reboot=True)
