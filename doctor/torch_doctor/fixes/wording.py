"""Cures, worded once. Each returns a Fix whose commands can be pasted."""

from __future__ import annotations

import re
import shlex

from torch_doctor.core.finding import Fix

_PLAIN = re.compile(r"[\w@%+=:,./~$\\-]+")
_WITH_BLANKS = re.compile(r"[\w@%+=:,./~\\ ()-]+")
_DRIVER_COMMANDS = {
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


def word(text: str) -> str:
    """Return *text* as one word of a command line: a fact may come from a file that somebody wrote to be pasted."""
    if _PLAIN.fullmatch(text):
        return text
    if _WITH_BLANKS.fullmatch(text):
        return f'"{text}"'
    return shlex.quote(text)


def install_torch(
    spec: str,
    index_url: str | None,
    *,
    python: str = "python",
    installer: str = "pip",
    companions: tuple[str, ...] = (),
    replace: bool = False,
) -> Fix:
    """Install another build of torch into the same environment, such as ``torch==2.14.1+cu126``.

    With *replace*, also where pip would say that the requirement is satisfied by what is there.
    """
    packages = " ".join(f'"{name}"' for name in (spec, *companions))
    index = f" --index-url {index_url}" if index_url else ""
    if installer == "uv":
        flag = " --reinstall" if replace else ""
        command = f"uv pip install --python {python}{flag} {packages}{index}"
    else:
        flag = " --force-reinstall" if replace else ""
        command = f"{python} -m pip install{flag} {packages}{index}"
    return Fix(f"install {spec} instead", (command,), scope="env")


def update_driver(
    minimum: str, *, os_id: str | None = None, open_module: bool = True, exact_branch: bool = False
) -> Fix:
    """Update the NVIDIA driver to *minimum* or newer (with *exact_branch*: to that branch, not newer)."""
    branch = minimum.split(".", maxsplit=1)[0]
    template = _DRIVER_COMMANDS.get(os_id or "")
    commands: tuple[str, ...] = ()
    if template:
        flavour, dkms = ("-open", "-open") if open_module else ("", "-dkms")
        commands = (template.format(branch=branch, flavour=flavour, dkms=dkms),)
    text = (
        f"install an NVIDIA driver of the {branch} branch"
        if exact_branch
        else f"update the NVIDIA driver to {minimum} or newer"
    )
    return Fix(text, commands, scope="host", needs_root=True, needs_reboot=True)


def reboot(why: str) -> Fix:
    """Reboot the host, or reload the kernel modules with all GPU users stopped."""
    return Fix(
        f"reboot {why} (or stop every program that uses a GPU and reload the modules)",
        ("sudo reboot",),
        scope="host",
        needs_root=True,
        needs_reboot=True,
    )


def unset_variable(name: str, why: str) -> Fix:
    """Remove an environment variable from the shell or job that starts PyTorch."""
    return Fix(f"unset {name}: {why}", (f"unset {name}",), scope="env")


def set_variable(name: str, value: str, why: str) -> Fix:
    """Set an environment variable in the shell or job that starts PyTorch."""
    return Fix(f"set {name}={value}: {why}", (f"export {name}={value}",), scope="env")


def off_library_path(folder: str, library_path: str | None) -> Fix:
    """Take *folder* off the loader's path: off LD_LIBRARY_PATH where that names it, else out of ld.so.conf."""
    parts = [part for part in (library_path or "").split(":") if part]
    kept = [part for part in parts if part.rstrip("/") != folder.rstrip("/")]
    if len(kept) == len(parts):
        text = f"take {folder} out of /etc/ld.so.conf.d (or remove what put it there), then run ldconfig"
        return Fix(text, ("sudo ldconfig",), scope="env", needs_root=True)
    value = ":".join(kept)
    command = f"export LD_LIBRARY_PATH={shlex.quote(value)}" if kept else "unset LD_LIBRARY_PATH"
    return Fix(f"take {folder} off LD_LIBRARY_PATH", (command,), scope="env")


def restart_container(options: str, why: str) -> Fix:
    """Start the container again with other options."""
    return Fix(f"start the container {why}", (f"docker run {options} IMAGE …",), scope="container")


def load_module(module: str) -> Fix:
    """Load a kernel module now."""
    return Fix(
        f"load the {module} kernel module",
        (f"sudo modprobe {module}",),
        scope="host",
        needs_root=True,
    )


def reload_uvm(text: str = "reload nvidia_uvm", *first: str) -> Fix:
    """Reload the module of unified memory, after the commands *first*."""
    return Fix(
        f"{text}, with every program that uses a GPU stopped",
        (*first, "sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm"),
        scope="host",
        needs_root=True,
    )


def by_hand(
    text: str, *commands: str, scope: str = "env", root: bool = False, reboot_needed: bool = False
) -> Fix:
    """Say a cure that has no wording of its own yet."""
    return Fix(text, tuple(commands), scope=scope, needs_root=root, needs_reboot=reboot_needed)
