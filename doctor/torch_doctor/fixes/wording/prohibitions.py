"""What nobody is told: one table of prohibitions, each with whom it protects, what it forbids and what is said instead.

They hold for every cure, whoever worded it: a cure that breaks one is changed, or is not shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from torch_doctor.core.finding import Fix
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.fixes.person import (
    CONTAINER,
    NOTEBOOK,
    POD,
    SHARED,
    UV,
    UV_PROJECT,
    Person,
)
from torch_doctor.fixes.wording import instead

# Parts of the driver that it has on Linux alone.
_OF_LINUX = (
    r"\b(?:dkms|mokutil|initramfs|dracut|nvidia-modprobe|nouveau)\b"
    r"|\bkernel modules?\b|\bdevice files\b|\b(?:compute|user-mode) libraries of\b|^enrol the key"
)
_PIP = r"(?:^|&& |\bpython\S* (?:-s )?-m )pip3? (?:install|uninstall)\b"
_INSTALL = rf"(?:{_PIP}|\buv pip install\b)"
_TORCH = r"[\"' ]torch(?:[=<>!~\"' ]|$)"


class Prohibition(NamedTuple):
    """*what* no command (with *in_words*: and no text) for somebody of *who* may hold; *instead* mends the cure."""

    name: str
    who: Callable[[Person], bool]
    what: str
    instead: Callable[[Fix, Person], Fix | None]
    in_words: bool = False

    def forbids(self, fix: Fix, person: Person) -> bool:
        """Whether *fix* holds what *person* must not be told."""
        texts = (*fix.commands, fix.text) if self.in_words else fix.commands
        return self.who(person) and any(re.search(self.what, text) for text in texts)


def allowed(fix: Fix, person: Person) -> Fix | None:
    """Return *fix* as far as *person* may be told it."""
    shown: Fix | None = fix
    for rule in PROHIBITIONS:
        if shown is not None and rule.forbids(shown, person):
            shown = rule.instead(shown, person)
    return shown


def _elsewhere(person: Person) -> bool:
    return person.place in (CONTAINER, POD, SHARED, NOTEBOOK)


def _in_wsl(person: Person) -> bool:
    return person.system == "wsl" and person.place == "host"


def _done(*slugs: str) -> Callable[[Person], bool]:
    """Return who has tried one of these already."""
    tried = frozenset(slugs)
    return lambda person: bool(person.tried & tried)


PROHIBITIONS = (
    Prohibition(
        "no parts of a Linux driver on Windows",
        lambda person: person.system in ("windows", "wsl") and person.place == "host",
        _OF_LINUX,
        instead.windows_driver,
        in_words=True,
    ),
    Prohibition(
        "no package manager, module or reboot inside WSL",
        _in_wsl,
        (
            rf"{instead.PACKAGE_MANAGER}\b[^\n]*install[^\n]*(?:nvidia(?!-container)|cuda-drivers)"
            r"|\b(?:modprobe|rmmod|mokutil|dkms|nvidia-modprobe)\b|\bsudo (?:reboot|nvidia-smi)\b"
            r"|\bsudo systemctl (?!restart (?:docker|containerd))"
        ),
        instead.where_the_driver_is,
    ),
    Prohibition(
        "no driver work from a container, a pod, a shared node or a notebook service",
        _elsewhere,
        instead.OF_THE_MACHINE,
        instead.where_the_driver_is,
    ),
    Prohibition(
        "no driver work without root, in words either",
        lambda person: (
            person.place in (SHARED, NOTEBOOK) or (person.administered and _elsewhere(person))
        ),
        r"^(?:(?:update|install) (?:the|an) NVIDIA driver|reboot|reload|load the \w+ kernel|power the)",
        instead.where_the_driver_is,
        in_words=True,
    ),
    Prohibition(
        "nothing as root without root",
        lambda person: person.place in (SHARED, NOTEBOOK),
        r"\bsudo ",
        instead.without_root,
    ),
    Prohibition(
        "no other interpreter than the one that failed",
        lambda person: person.python != "python",
        r"^python (?=-m pip |-c )",
        instead.by_the_same_python,
    ),
    Prohibition(
        "no reboot for somebody who has rebooted",
        _done("rebooted"),
        r"^reboot|\bsudo reboot\b|^restart Windows",
        instead.never,
        in_words=True,
    ),
    Prohibition(
        "no service is enabled that systemd does not know",
        lambda person: bool(person.missing_units),
        r"^sudo systemctl [^\n]*(?:enable|start)",
        lambda fix, person: (
            fix if "install" in fix.text or not _of_a_missing_unit(fix, person) else None
        ),
    ),
    Prohibition(
        "no pip over packages of conda or pixi",
        lambda person: person.installer in ("conda", "pixi"),
        rf"{_PIP}(?![^\n]*nvidia-)",
        instead.without(_PIP),
    ),
    Prohibition(
        "no conda where mamba or micromamba does its work",
        lambda person: person.conda != "conda",
        instead.BY_CONDA,
        instead.by_their_conda,
    ),
    Prohibition(
        "no bare pip in a project that has its own installer",
        lambda person: person.installer in (UV, UV_PROJECT, "poetry", "pdm", "pipenv"),
        r"\bpython\S* (?:-s )?-m pip3? (?:install|uninstall)|^pip3? (?:install|uninstall)",
        instead.by_its_project,
    ),
    Prohibition(
        "no CPU index for a build of ROCm or XPU",
        lambda person: person.variant in ("rocm", "xpu"),
        r"whl/cpu\b",
        instead.never,
    ),
    Prohibition(
        "no tool of NVIDIA for a build of ROCm or XPU",
        lambda person: person.variant in ("rocm", "xpu"),
        r"\bnvidia-smi\b|\bnvrm\b",
        instead.by_the_makers_tools,
    ),
    Prohibition(
        "no ~ where a shell of Windows may not know it",
        lambda person: person.system == "windows",
        r"(?:^|[ \"'])~\\",
        instead.with_the_home_named,
    ),
    Prohibition(
        "no torch from the default index on Windows, which serves CPU builds",
        lambda person: person.system == "windows",
        rf"{_INSTALL}(?![^\n]*(?:-index|-f |--find-links))[^\n]*{_TORCH}",
        instead.without(rf"{_INSTALL}(?![^\n]*(?:-index|-f |--find-links))[^\n]*{_TORCH}"),
    ),
    Prohibition(
        "no torch of a public index on a Jetson",
        lambda person: not person.server_wheels,
        rf"{_INSTALL}(?![^\n]*jetson)[^\n]*(?:{_TORCH}|torchvision|torchaudio)",
        instead.never,
    ),
    Prohibition(
        "no LD_LIBRARY_PATH on Windows",
        lambda person: person.system == "windows",
        r"LD_LIBRARY_PATH|ld\.so\.conf",
        instead.for_path,
        in_words=True,
    ),
    Prohibition(
        "no export on Windows",
        lambda person: person.system == "windows",
        r"^export ",
        instead.in_powershell,
    ),
    Prohibition(
        "no shell line in the cell of a notebook",
        lambda person: person.place == NOTEBOOK,
        rf"^\S*python\S* (?:-s )?-m pip |^export (?!LD_)\w+=[^$]*$|{instead.OF_A_SHELL}",
        instead.in_a_cell,
    ),
    Prohibition(
        "no image of Linux on Windows without WSL",
        lambda person: person.system == "windows" and person.place == "host",
        r"^(?:docker|podman) run\b",
        instead.without(r"^(?:docker|podman) run\b"),
    ),
    Prohibition(
        "no sudo on Windows",
        lambda person: person.system == "windows",
        r"\bsudo\b|/etc/|^ldconfig",
        instead.without(r"\bsudo\b|/etc/|^ldconfig"),
    ),
    Prohibition(
        "nothing is unset that was unset",
        _done("unset-ld-library-path"),
        r"^unset LD_LIBRARY_PATH",
        instead.never,
    ),
    Prohibition(
        "no mask is unset that was unset",
        _done("unset-visible-devices"),
        r"^unset CUDA_VISIBLE_DEVICES",
        instead.never,
    ),
    Prohibition(
        "no more shared memory for somebody who raised it",
        _done("raised-shared-memory"),
        r"--shm-size",
        instead.never,
    ),
    Prohibition(
        "no reset for somebody who has reset",
        _done("reset-gpu"),
        r"--gpu-reset",
        instead.never,
    ),
    Prohibition(
        "no reload for somebody who has reloaded",
        _done("reloaded-module"),
        r"\brmmod nvidia_uvm",
        instead.never,
    ),
)


def _of_a_missing_unit(fix: Fix, person: Person) -> bool:
    return any(unit in command for unit in person.missing_units for command in fix.commands)
