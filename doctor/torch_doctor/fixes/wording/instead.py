"""What is said instead of what a person must not be told: the same for whoever can do it, or in other words."""

from __future__ import annotations

import re
from collections.abc import Callable

from torch_doctor.core.finding import Fix
from torch_doctor.fixes.kinds import HOST as ON_HOST
from torch_doctor.fixes.person import CONTAINER, NOTEBOOK, POD, SHARED, UV, UV_PROJECT, Person
from torch_doctor.fixes.quoting import word

PACKAGE_MANAGER = r"(?:apt-get|apt|dnf|yum|zypper|pacman|apk)"
OF_THE_MACHINE = (
    rf"(?:\bsudo |^){PACKAGE_MANAGER}\b"
    r"|\b(?:modprobe|rmmod|insmod|mokutil|dkms|nvidia-modprobe|update-initramfs|dracut)\b"
    r"|\bsudo (?:reboot|systemctl|usermod|nvidia-smi|tee|setpci)\b|\| sudo tee /etc/"
)


def never(fix: Fix, person: Person) -> Fix | None:
    """Say nothing instead."""
    return None


def without(pattern: str) -> Callable[[Fix, Person], Fix | None]:
    """Return what takes the commands that match out of a cure, and the cure where it was nothing else."""

    def instead(fix: Fix, person: Person) -> Fix | None:
        kept = tuple(command for command in fix.commands if not re.search(pattern, command))
        return fix._replace(commands=kept)

    return instead


# Of a machine that a notebook service gave nothing but its type can be changed.
ANOTHER_RUNTIME = Fix(
    "choose another runtime or machine type: the service keeps the one it gave as it is",
    scope=ON_HOST,
)


def where_the_driver_is(fix: Fix, person: Person) -> Fix | None:
    """Say who can do it: the machine is not this person's, or not this one."""
    kept = tuple(c for c in fix.commands if not re.search(OF_THE_MACHINE, c))
    if person.place == NOTEBOOK:
        return ANOTHER_RUNTIME
    if person.place == SHARED:
        return Fix(f"ask the administrators of the node: {fix.text}", scope=ON_HOST)
    if person.place in (CONTAINER, POD) and person.administered:
        return Fix(f"ask those who run the host: {fix.text}", scope=ON_HOST)
    if person.place in (CONTAINER, POD):
        if fix.scope != ON_HOST:  # packages of the image: the container may change itself
            return fix
        who = "on the node (or ask who runs the cluster)" if person.place == POD else "on the host"
        named = re.search(r"\b(?:host|node)\b", fix.text)
        return fix._replace(text=fix.text if named else f"{who}: {fix.text}", commands=kept)
    return fix._replace(commands=kept, text=f"in Windows, not in WSL: {fix.text}")


def windows_driver(fix: Fix, person: Person) -> Fix | None:
    """Windows has one driver in one piece: what is wrong with a part of it, its installer mends."""
    if person.system == "wsl":
        text = "update the NVIDIA driver of Windows, whose modules WSL uses, then restart WSL"
        return Fix(text, ("wsl.exe --shutdown",), ON_HOST)
    text = "install the NVIDIA driver again (https://www.nvidia.com/drivers, clean installation)"
    return Fix(text, scope=ON_HOST, needs_root=True)


def without_root(fix: Fix, person: Person) -> Fix | None:
    """Who only looks may try it; in a notebook everybody is root of its container."""
    plain = tuple(command.replace("sudo ", "") for command in fix.commands)
    looks = all("dmesg" in c or "lspci" in c for c in fix.commands if "sudo " in c)
    if looks or person.place == NOTEBOOK:
        return fix._replace(commands=plain)
    return Fix(f"ask the administrators of the node: {fix.text}", scope=ON_HOST)


def by_the_same_python(fix: Fix, person: Person) -> Fix:
    """Run it with the interpreter that failed."""
    own = f"{word(person.python)} "
    made = (re.sub(r"^python (?=-m pip |-c )", lambda _: own, command) for command in fix.commands)
    return fix._replace(commands=tuple(made))


def for_path(fix: Fix, person: Person) -> Fix | None:
    """Windows looks for libraries on PATH."""
    text = re.sub(
        r"(?:the )?loader's path \([^)]*LD_LIBRARY_PATH[^)]*\)|LD_LIBRARY_PATH(?:,? (?:and|or) (?:out of )?"
        r"(?:/etc/)?ld\.so\.conf(?:\.d)?)?",
        "PATH",
        fix.text,
    )
    kept = tuple(command for command in fix.commands if "LD_LIBRARY_PATH" not in command)
    return fix._replace(text=text, commands=kept)


def in_powershell(fix: Fix, person: Person) -> Fix | None:
    """Windows' shell sets variables in another way."""
    made = tuple(
        re.sub(r"^export (\w+)=['\"]?(.*?)['\"]?$", r'$env:\1 = "\2"', command)
        for command in fix.commands
    )
    return fix._replace(commands=tuple(c for c in made if not c.startswith("export ")))


# The loader reads its path when a program starts, and %env computes nothing.
_OF_START = r"^export (?:LD_\w+=|\w+=.*\$)"


# What a cell hands to a shell, and so to the Python of the notebook where that is one.
OF_A_SHELL = r"^(?:[^\s!]*python3?(?:\.exe)? -|nvidia-smi|ldconfig|find |ls |cat |pip )"


def in_a_cell(fix: Fix, person: Person) -> Fix:
    """A notebook's own commands act on its kernel: a new package after a restart, a variable until one."""
    made, when = [], []
    for command in fix.commands:
        piped = re.sub(r"^\S*python\S* (?:-s )?-m pip ", "%pip ", command)
        if re.search(_OF_START, piped):
            made.append(piped)
            when.append(
                "export is for the shell that starts the notebook's server, which is then restarted"
            )
            continue
        piped = re.sub(OF_A_SHELL, r"!\g<0>", piped)
        made.append(re.sub(r"^export (\w+)=['\"]?(.*?)['\"]?$", r"%env \1=\2", piped))
        if made[-1].startswith("%pip "):
            when.append("then restart the notebook's kernel")
        elif made[-1].startswith("%env "):
            when.append("before torch is imported")
    text = "; ".join((fix.text, *dict.fromkeys(when)))
    return fix._replace(commands=tuple(made), text=text)


def by_its_project(fix: Fix, person: Person) -> Fix | None:
    """The project's own tool runs it, in the project's environment; one that uv made has no pip."""
    by_uv = person.installer in (UV, UV_PROJECT)
    tool = "uv pip" if by_uv else f"{person.installer} run pip"
    flags = {"--force-reinstall": "--reinstall", "--no-cache-dir": "--no-cache"} if by_uv else {}
    made = []
    for command in fix.commands:
        changed = re.sub(
            r"(?:(\S*python\S*) (?:-s )?-m )?pip3? (install|uninstall)",
            lambda match: f"{tool} {match[2]}{_of_python(match[1]) if by_uv else ''}",
            command,
        )
        for old, new in flags.items():
            changed = changed.replace(old, new) if changed != command else changed
        made.append(changed)
    return fix._replace(commands=tuple(made))


def _of_python(path: str | None) -> str:
    """Return uv's option for an interpreter that is named by its path; an active one it finds itself."""
    return f" --python {path}" if path and not re.fullmatch(r"python[\d.]*", path) else ""


BY_CONDA = r"^((?:\w+=\S+ )*)conda (?=(?:install|remove|create|update|activate)\b)"


def by_their_conda(fix: Fix, person: Person) -> Fix:
    """Say it with the program that does conda's work for this person; its commands are conda's."""
    made = (re.sub(BY_CONDA, rf"\g<1>{person.conda} ", command) for command in fix.commands)
    return fix._replace(commands=tuple(made))


# By what torch is built for: what shows its GPUs, and what their kernel driver is called.
_MAKERS_TOOLS = {"rocm": ("rocm-smi", "amdgpu"), "xpu": ("xpu-smi discovery", "i915 -e xe")}


def by_the_makers_tools(fix: Fix, person: Person) -> Fix | None:
    """Look at the GPU and the kernel log as its maker's driver names itself."""
    tool, driver = _MAKERS_TOOLS[person.variant or "rocm"]
    made = []
    for command in fix.commands:
        own = re.sub(r"(?:-e xid )?-e nvrm\b", f"-e {driver}", command)
        own = tool if own.strip() == "nvidia-smi" else own
        if not re.search(r"\bnvidia-smi\b|\bnvrm\b", own):
            made.append(own)
    return fix._replace(commands=tuple(made)) if made else None


def with_the_home_named(fix: Fix, person: Person) -> Fix:
    """Name the home as PowerShell does; cmd has another name for it."""
    called = (re.sub(r'^("?)~\\(.+?)\1(?= |$)', r'& "$HOME\\\2"', c) for c in fix.commands)
    made = tuple(re.sub(r"(?<=[ \"'])~\\", r"$HOME\\", command) for command in called)
    note = "in PowerShell; cmd takes no & and has %USERPROFILE% for $HOME"
    return fix._replace(text=f"{fix.text} ({note})", commands=made)
