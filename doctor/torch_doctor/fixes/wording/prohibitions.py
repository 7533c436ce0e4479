"""What nobody is told: one table of prohibitions, each with whom it protects, what it forbids and what is said instead.

They hold for every cure, whoever worded it: a cure that breaks one is changed, or is not shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from torch_doctor.core.finding import Fix
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.fixes.kinds import HOST as ON_HOST
from torch_doctor.fixes.person import (
    CONTAINER,
    NOTEBOOK,
    POD,
    SHARED,
    UV_PROJECT,
    Person,
)

_PACKAGE_MANAGER = r"(?:apt-get|apt|dnf|yum|zypper|pacman|apk)"
_OF_THE_MACHINE = (
    rf"(?:\bsudo |^){_PACKAGE_MANAGER}\b"
    r"|\b(?:modprobe|rmmod|insmod|mokutil|dkms|nvidia-modprobe|update-initramfs|dracut)\b"
    r"|\bsudo (?:reboot|systemctl|usermod|nvidia-smi|tee|setpci)\b|\| sudo tee /etc/"
)
_PIP = r"(?:^|&& |\bpython\S* (?:-s )?-m )pip3? (?:install|uninstall)\b"
_TORCH = r"[\"' ]torch(?:[=<>!~\"' ]|$)"


class Prohibition(NamedTuple):
    """*what* no command (with *in_words*: and no text) for somebody of *who* may hold; *instead* mends the cure."""

    name: str
    who: Callable[[Person], bool]
    what: re.Pattern[str]
    instead: Callable[[Fix, Person], Fix | None]
    in_words: bool = False

    def forbids(self, fix: Fix, person: Person) -> bool:
        """Whether *fix* holds what *person* must not be told."""
        texts = (*fix.commands, fix.text) if self.in_words else fix.commands
        return self.who(person) and any(self.what.search(text) for text in texts)


def allowed(fix: Fix, person: Person) -> Fix | None:
    """Return *fix* as far as *person* may be told it."""
    shown: Fix | None = fix
    for rule in PROHIBITIONS:
        if shown is not None and rule.forbids(shown, person):
            shown = rule.instead(shown, person)
    return shown


def _never(fix: Fix, person: Person) -> Fix | None:
    return None


def _without(pattern: str) -> Callable[[Fix, Person], Fix | None]:
    """Return what takes the commands that match out of a cure, and the cure where it was nothing else."""
    compiled = re.compile(pattern)

    def instead(fix: Fix, person: Person) -> Fix | None:
        kept = tuple(command for command in fix.commands if not compiled.search(command))
        return fix._replace(commands=kept)

    return instead


def _where_the_driver_is(fix: Fix, person: Person) -> Fix | None:
    """Say who can do it: the machine is not this person's, or not this one."""
    kept = tuple(c for c in fix.commands if not re.search(_OF_THE_MACHINE, c))
    if person.place == NOTEBOOK:
        text = f"choose another runtime or machine type: the service keeps the machine as it is ({fix.text})"
        return Fix(text, scope=ON_HOST)
    if person.place == SHARED:
        return Fix(f"ask the administrators of the node: {fix.text}", scope=ON_HOST)
    if person.place in (CONTAINER, POD):
        if fix.scope != ON_HOST:  # packages of the image: the container may change itself
            return fix
        who = "on the node (or ask who runs the cluster)" if person.place == POD else "on the host"
        text = fix.text if "host" in fix.text else f"{who}: {fix.text}"
        return fix._replace(text=text, commands=kept)
    return fix._replace(commands=kept, text=f"in Windows, not in WSL: {fix.text}")


def _elsewhere(person: Person) -> bool:
    return person.place in (CONTAINER, POD, SHARED, NOTEBOOK)


def _in_wsl(person: Person) -> bool:
    return person.system == "wsl" and person.place == "host"


def _for_path(fix: Fix, person: Person) -> Fix | None:
    """Windows looks for libraries on PATH."""
    text = re.sub(
        r"(?:the )?loader's path \([^)]*LD_LIBRARY_PATH[^)]*\)|LD_LIBRARY_PATH(?:,? (?:and|or) (?:out of )?"
        r"(?:/etc/)?ld\.so\.conf(?:\.d)?)?",
        "PATH",
        fix.text,
    )
    kept = tuple(command for command in fix.commands if "LD_LIBRARY_PATH" not in command)
    return fix._replace(text=text, commands=kept)


def _in_powershell(fix: Fix, person: Person) -> Fix | None:
    made = tuple(
        re.sub(r"^export (\w+)=['\"]?(.*?)['\"]?$", r'$env:\1 = "\2"', command)
        for command in fix.commands
    )
    return fix._replace(commands=tuple(c for c in made if not c.startswith("export ")))


def _by_its_project(fix: Fix, person: Person) -> Fix | None:
    """The project's own tool runs it, in the project's environment."""
    tool = "uv pip" if person.installer == UV_PROJECT else f"{person.installer} run pip"
    flags = {"--force-reinstall": "--reinstall"} if person.installer == UV_PROJECT else {}
    made = []
    for command in fix.commands:
        changed = re.sub(
            r"(?:\S*python\S* (?:-s )?-m )?pip3? (?=install|uninstall)", f"{tool} ", command
        )
        for old, new in flags.items():
            changed = changed.replace(old, new) if changed != command else changed
        made.append(changed)
    return fix._replace(commands=tuple(made))


def _done(*slugs: str) -> Callable[[Person], bool]:
    """Return who has tried one of these already."""
    tried = frozenset(slugs)
    return lambda person: bool(person.tried & tried)


PROHIBITIONS = (
    Prohibition(
        "no package manager, module or reboot inside WSL",
        _in_wsl,
        re.compile(
            rf"{_PACKAGE_MANAGER}\b[^\n]*install[^\n]*(?:nvidia|cuda-drivers)"
            r"|\b(?:modprobe|rmmod|mokutil|dkms|nvidia-modprobe)\b|\bsudo (?:reboot|systemctl|nvidia-smi)\b"
        ),
        _where_the_driver_is,
    ),
    Prohibition(
        "no driver work from a container, a pod, a shared node or a notebook service",
        _elsewhere,
        re.compile(_OF_THE_MACHINE),
        _where_the_driver_is,
    ),
    Prohibition(
        "no driver work without root, in words either",
        lambda person: person.place in (SHARED, NOTEBOOK),
        re.compile(
            r"^(?:(?:update|install) (?:the|an) NVIDIA driver|reboot|reload|load the \w+ kernel|power the)"
        ),
        _where_the_driver_is,
        in_words=True,
    ),
    Prohibition(
        "no reboot for somebody who has rebooted",
        _done("rebooted"),
        re.compile(r"^reboot|\bsudo reboot\b|^restart Windows"),
        _never,
        in_words=True,
    ),
    Prohibition(
        "no service is enabled that systemd does not know",
        lambda person: bool(person.missing_units),
        re.compile(r"^sudo systemctl [^\n]*(?:enable|start)"),
        lambda fix, person: (
            fix if "install" in fix.text or not _of_a_missing_unit(fix, person) else None
        ),
    ),
    Prohibition(
        "no pip over packages of conda or pixi",
        lambda person: person.installer in ("conda", "pixi"),
        re.compile(rf"{_PIP}(?![^\n]*nvidia-)"),
        _without(_PIP),
    ),
    Prohibition(
        "no bare pip in a project that has its own installer",
        lambda person: person.installer in (UV_PROJECT, "poetry", "pdm", "pipenv"),
        re.compile(
            r"\bpython\S* (?:-s )?-m pip3? (?:install|uninstall)|^pip3? (?:install|uninstall)"
        ),
        _by_its_project,
    ),
    Prohibition(
        "no CPU index for a build of ROCm or XPU",
        lambda person: person.variant in ("rocm", "xpu"),
        re.compile(r"whl/cpu\b"),
        _never,
    ),
    Prohibition(
        "no torch from the default index on Windows, which serves CPU builds",
        lambda person: person.system == "windows",
        re.compile(rf"{_PIP}(?![^\n]*(?:-index|-f |--find-links))[^\n]*{_TORCH}"),
        _without(rf"{_PIP}(?![^\n]*(?:-index|-f |--find-links))[^\n]*{_TORCH}"),
    ),
    Prohibition(
        "no torch of a public index on a Jetson",
        lambda person: person.system == "jetson",
        re.compile(rf"{_PIP}(?![^\n]*jetson)[^\n]*(?:{_TORCH}|torchvision|torchaudio)"),
        _never,
    ),
    Prohibition(
        "no LD_LIBRARY_PATH on Windows",
        lambda person: person.system == "windows",
        re.compile(r"LD_LIBRARY_PATH|ld\.so\.conf"),
        _for_path,
        in_words=True,
    ),
    Prohibition(
        "no export on Windows",
        lambda person: person.system == "windows",
        re.compile(r"^export "),
        _in_powershell,
    ),
    Prohibition(
        "no image of Linux on Windows without WSL",
        lambda person: person.system == "windows" and person.place == "host",
        re.compile(r"^(?:docker|podman) run\b"),
        _without(r"^(?:docker|podman) run\b"),
    ),
    Prohibition(
        "no sudo on Windows",
        lambda person: person.system == "windows",
        re.compile(r"\bsudo\b|/etc/|^ldconfig"),
        _without(r"\bsudo\b|/etc/|^ldconfig"),
    ),
    Prohibition(
        "nothing is unset that was unset",
        _done("unset-ld-library-path"),
        re.compile(r"^unset LD_LIBRARY_PATH"),
        _never,
    ),
    Prohibition(
        "no mask is unset that was unset",
        _done("unset-visible-devices"),
        re.compile(r"^unset CUDA_VISIBLE_DEVICES"),
        _never,
    ),
    Prohibition(
        "no more shared memory for somebody who raised it",
        _done("raised-shared-memory"),
        re.compile(r"--shm-size"),
        _never,
    ),
    Prohibition(
        "no reset for somebody who has reset",
        _done("reset-gpu"),
        re.compile(r"--gpu-reset"),
        _never,
    ),
    Prohibition(
        "no reload for somebody who has reloaded",
        _done("reloaded-module"),
        re.compile(r"\brmmod nvidia_uvm"),
        _never,
    ),
)


def _of_a_missing_unit(fix: Fix, person: Person) -> bool:
    return any(unit in command for unit in person.missing_units for command in fix.commands)
