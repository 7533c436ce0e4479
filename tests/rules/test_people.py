"""Would the cures of every rule be right for this person? Each rule's cases, told by people of every kind.

The patterns are written anew: what nobody is told must hold whichever table of the program sees to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest
from torch_doctor.core.catalog import TRIED
from torch_doctor.core.fact import Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.finding import Fix, Severity
from torch_doctor.core.report import Report
from torch_doctor.core.version import TorchVersion
from torch_doctor.diagnose import diagnose
from torch_doctor.fixes.kinds import slug_of

from tests.resting import rests_on
from tests.rules.cases import Case
from tests.rules.test_cases import FIRING, MATRIX

SOURCE = Source("report", "case", 1)
PEOPLE: dict[str, dict[str, Any]] = {
    "pip": {},
    "uv project": {"project_manager": "uv"},
    "poetry": {"project_manager": "poetry"},
    "conda": {"project_manager": "conda"},
    "pixi": {"project_manager": "pixi"},
    "Windows": {"os_family": "windows"},
    "portable folder": {
        "os_family": "windows",
        "torch_location": r"D:\app\system\python\Lib\site-packages\torch",
    },
    "WSL": {"os_family": "linux", "wsl": True},
    "Jetson": {"jetson": "36.4.3"},
    "Docker": {"container": "docker"},
    "Kubernetes": {"container": "kubernetes"},
    "Slurm": {"scheduler": "slurm", "shared_node": True, "effective_uid": 1000},
    "Colab": {"notebook_service": "colab"},
    "ROCm": {"torch_variant": "rocm"},
    "XPU": {"torch_variant": "xpu"},
    "who tried it": {"tried": tuple(TRIED)},
    "without the unit": {"fabric_manager": "not installed"},
}
# In an image its own packages may be changed, and a command for that names none of the driver's machine.
_MACHINE = (
    r"\b(?:modprobe|rmmod|insmod|mokutil|dkms|nvidia-modprobe|update-initramfs|dracut)\b"
    r"|\bsudo (?:reboot|systemctl|usermod|nvidia-smi)\b"
    r"|\b(?:apt|apt-get|dnf|yum|zypper|pacman)\b[^\n]* install[^\n]*(?:nvidia-driver|cuda-drivers|linux-headers)"
)
_PIP = r"(?:^|[ /\\])(?:python\S* (?:-s )?-m )pip3? (?:install|uninstall)\b|^pip3? (?:install|uninstall)\b"
_TORCH = r"[\"' ]torch(?:[=<>!~]=?[^\"' ]*)?(?:[\"' ]|$)"
_LINUX_DRIVER = r"dkms|initramfs|nouveau|kernel modules?\b|device files|compute libraries"


class Never(NamedTuple):
    """*what* no command (with *in_words* no text either) shown to *who* holds.

    A command with *unless* is none of those, nor is one of a cure whose text has *besides*.
    """

    who: tuple[str, ...]
    what: str
    in_words: bool = False
    unless: str = r"(?!)"
    besides: str = r"(?!)"


NEVER = {
    # What pip has put over conda's own, only pip takes away again.
    "no pip over conda or pixi": Never(
        ("conda", "pixi"), _PIP, unless=r"nvidia-|ipykernel|pip uninstall -y torch"
    ),
    "no python -m pip in a project": Never(("uv project", "poetry"), _PIP),
    "no driver work in WSL": Never(
        ("WSL",), _MACHINE, unless="nvidia-ctk|restart docker|containerd"
    ),
    "no driver work in containers, on shared nodes and in notebooks": Never(
        ("Docker", "Kubernetes", "Slurm", "Colab"), _MACHINE
    ),
    "no root without root": Never(("Slurm", "Colab"), r"\bsudo\b"),
    "no reboot for who rebooted": Never(
        ("who tried it",), r"^reboot|\bsudo reboot\b", in_words=True
    ),
    "nothing again for who tried it": Never(
        ("who tried it",),
        r"^unset (?:LD_LIBRARY_PATH|CUDA_VISIBLE_DEVICES)|--shm-size|--gpu-reset|\brmmod nvidia_uvm",
    ),
    "no driver work without root, in words either": Never(
        ("Slurm", "Colab"),
        r"^(?:update|install) (?:the|an) NVIDIA driver|^reboot|^reload|^load the \w+ kernel|^power the",
        in_words=True,
    ),
    "no image of Linux on Windows": Never(
        ("Windows", "portable folder"), r"^(?:docker|podman) run\b"
    ),
    "no unit that systemd does not know": Never(
        ("without the unit",),
        r"systemctl[^\n]*(?:enable|start|restart) (?:--now )?nvidia-fabricmanager",
        besides="install nvidia-fabricmanager",
    ),
    "no CPU index for ROCm and XPU": Never(("ROCm", "XPU"), r"whl/cpu\b"),
    "no default torch on Windows": Never(
        ("Windows", "portable folder"),
        rf"pip3? install[^\n]*{_TORCH}",
        unless=r"-index|-f |--find-links",
    ),
    "no default torch on a Jetson": Never(
        ("Jetson",), rf"pip3? install[^\n]*{_TORCH}", unless=r"jetson"
    ),
    "no LD_LIBRARY_PATH on Windows": Never(
        ("Windows", "portable folder"), r"LD_LIBRARY_PATH|ld\.so\.conf", in_words=True
    ),
    "no export and no sudo on Windows": Never(("Windows", "portable folder"), r"^export |\bsudo\b"),
    "no parts of a Linux driver on Windows": Never(
        ("Windows", "portable folder", "WSL"), _LINUX_DRIVER, in_words=True
    ),
    "another interpreter than the folder's own": Never(("portable folder",), r"^python -m pip"),
}
# What a cure for a libcuda that is no driver's is not: the library is loaded all the same.
_COMPAT = "driver-compat-"
# Texts that lean on a cure before them, which a first cure has not.
_LEANING = r"^(?:or|then)\b|\bif (?:that does not help|the module cannot be reloaded)\b"


PLACES = {"wsl", "container", "scheduler", "jetson", "notebook_service"}
IN_A_PLACE = {who for who, facts in PEOPLE.items() if facts.keys() & (PLACES | {"os_family"})}


def fits(case: Case, who: str) -> bool:
    """Whether the case can be this person's: nobody is in two places at once."""
    there = {name for name in PLACES if case.facts.value(name)}
    return who not in IN_A_PLACE or not there - PEOPLE[who].keys()


@cache
def reports(who: str) -> tuple[tuple[Case, Report], ...]:
    """Return the cases that can be this person's, each with what is said of it."""
    known = {name: Known(value, SOURCE) for name, value in PEOPLE[who].items()}
    cases = [case for case in FIRING if fits(case, who)]
    return tuple(
        (case, diagnose(_theirs(case.facts, who).with_(**known), MATRIX, rules=[case.rule]))
        for case in cases
    )


def _theirs(facts: Facts, who: str) -> Facts:
    """Return *facts* with a torch of conda's own for who has it from conda: no pip put it there, and it carries no tag, as wheels do."""
    if who != "conda":
        return facts
    own: dict[str, Any] = {}
    if (version := facts.value("torch_version")) is not None:
        own["torch_version"] = TorchVersion(version.public)
    if facts.value("torch_installer") == "pip":
        own["torch_installer"] = "conda"
    return facts.with_(**{name: Known(value, SOURCE) for name, value in own.items()})


def texts(fix: Fix, rule: Never) -> Iterator[str]:
    if not re.search(rule.besides, fix.text):
        shown = (*fix.commands, fix.text) if rule.in_words else fix.commands
        yield from (text for text in shown if not re.search(rule.unless, text))


@pytest.mark.parametrize("who", PEOPLE)
def test_what_nobody_like_this_is_told(who: str) -> None:
    held = {name: rule for name, rule in NEVER.items() if who in rule.who}
    wrong = [
        f"{case.id}: {name}: {text}"
        for case, report in reports(who)
        for finding in report.findings
        for fix in finding.fixes
        for name, rule in held.items()
        for text in texts(fix, rule)
        if re.search(rule.what, text)
    ]

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("who", PEOPLE)
def test_the_first_cure_stands_alone(who: str) -> None:
    leaning = [
        f"{case.id}: {finding.fixes[0].text}"
        for case, report in reports(who)
        for finding in report.findings
        if finding.fixes and re.search(_LEANING, finding.fixes[0].text)
    ]

    assert not leaning, "\n".join(leaning)


def uncured(who: str) -> set[str]:
    return {
        case.id
        for case, report in reports(who)
        for finding in report.findings
        if finding.severity is Severity.ERROR and not finding.fixes
    }


def test_who_tried_it_is_told_what_comes_next() -> None:
    assert not uncured("who tried it") - uncured("pip")


ASKS: dict[str, Callable[[Fix], bool]] = {
    "Slurm": lambda fix: any("--gres=gpu" in command for command in fix.commands),
    "Colab": lambda fix: "Change runtime type" in fix.text,
}


@pytest.mark.parametrize("who", ASKS)
def test_who_was_given_no_gpu_is_told_to_ask_for_one(who: str) -> None:
    """Slurm without --gres, a notebook without an accelerator: no GPU is seen there, and no driver is at fault."""
    wrong = [
        f"{case.id}: {finding.fixes[0].text if finding.fixes else None}"
        for case, report in reports(who)
        if not case.facts.value("gpus") and not case.facts.value("pci_gpus")
        for finding in report.findings
        if finding.severity is Severity.ERROR and finding.cause == "no-driver-or-module"
        if not (finding.fixes and ASKS[who](finding.fixes[0]))
    ]

    assert not wrong, "\n".join(wrong)


@rests_on("TD118", "TD119")
@pytest.mark.parametrize("who", PEOPLE)
def test_another_torch_is_no_cure_for_a_compat_library(who: str) -> None:
    wrong = [
        f"{case.id}: {fix.text}"
        for case, report in reports(who)
        if case.rule.name.startswith(_COMPAT)
        for finding in report.findings
        for action, fix in zip(finding.actions, finding.fixes, strict=True)
        if slug_of(action) == "install-torch" or re.search(rf"install[^\n]*{_TORCH}", fix.text)
    ]

    assert any(case.rule.name.startswith(_COMPAT) for case, _ in reports(who))
    assert not wrong, "\n".join(wrong)


def told_anew(change: Callable[[Facts], Facts]) -> Iterator[tuple[Case, Fix]]:
    """Yield the cures of every case with its facts changed."""
    for case in FIRING:
        report = diagnose(change(case.facts), MATRIX, rules=[case.rule])
        yield from ((case, fix) for finding in report.findings for fix in finding.fixes)


def test_instead_is_said_where_something_is_there() -> None:
    """Of a torch, and of a driver: who has none is told to install one."""
    gone = Unavailable(Reason.NOT_PRESENT)
    shown = [
        (case, fix)
        for case, fix in told_anew(lambda facts: facts.with_(torch_version=gone))
        if fix.action == "install-torch"
    ]
    wrong = [f"{case.id}: {fix.text}" for case, fix in shown if " instead" in fix.text]

    assert shown
    assert not wrong, "\n".join(wrong)


def test_no_cpu_index_where_nobody_tells_the_cuda() -> None:
    """A plain version says nothing of what it was built for, and its companions come from no index of the CPU."""

    def plain(facts: Facts) -> Facts:
        version = facts.value("torch_version")
        asked = ("required_builds", "install_indexes", "install_commands")
        known = facts.without("torch_cuda", "torch_variant", *asked)
        if version is None:
            return known
        return known.with_(torch_version=Known(TorchVersion(version.public), SOURCE))

    shown = list(told_anew(plain))
    wrong = [
        f"{case.id}: {command}"
        for case, fix in shown
        for command in fix.commands
        if re.search(r"whl/cpu\b", command)
    ]

    assert any("download.pytorch.org/whl/" in c for _, fix in shown for c in fix.commands)
    assert not wrong, "\n".join(wrong)
