"""Who asks: the system, the place and the installer of the person (or program) that a cure is worded for."""

from __future__ import annotations

import re

from torch_doctor.core.fact import Facts
from torch_doctor.core.records import Package
from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes.interpreters import interpreter_of
from torch_doctor.fixes.mirrors import Mirrors, mirrors_of

# Where PyTorch runs: on a machine of one's own, in a container or a pod on one, on a node that others administer, or
# in a notebook service.
HOST, CONTAINER, POD, SHARED, NOTEBOOK = "host", "container", "pod", "shared", "notebook"
# Installers beside pip and conda; "uv" is uv pip, "uv-project" a project that uv keeps, "image" one that brings torch.
UV, UV_PROJECT, UVX, IMAGE, NIX = "uv", "uv-project", "uvx", "image", "nix"

_MANAGERS = {"uv": UV_PROJECT}
# What an install command says of who keeps the environment; the first that is in it counts.
_COMMANDS = (
    (UVX, r"\buvx\b|\buv tool run\b"),
    (UV_PROJECT, r"\buv (?:add|sync|lock|run)\b"),
    (UV, r"\buv pip\b"),
    ("poetry", r"\bpoetry (?:add|install|lock|run|update)\b"),
    ("pdm", r"\bpdm (?:add|install|lock|run|update)\b"),
    ("pixi", r"\bpixi (?:add|install|run)\b"),
    ("conda", r"\b(?:conda|mamba|micromamba) (?:install|create|env)\b"),
    ("pip", r"\bpip3? install\b"),
)
# Folders of environments that a project's installer makes and keeps.
_FOLDERS = (
    ("poetry", "/pypoetry/virtualenvs/"),
    ("poetry", "/pypoetry/Cache/virtualenvs/"),
    ("pipenv", "/.local/share/virtualenvs/"),
    ("pixi", "/.pixi/envs/"),
    ("pdm", "/pdm/venvs/"),
)
_TORCH = ("torch", "pytorch")
_CONDA = r"\b(conda|mamba|micromamba) (?:install|create|env)\b"


class Person(NamedTuple):
    """Whom a cure is worded for, drawn from facts once.

    *system* is linux, windows, wsl, jetson or darwin; *distribution* the ID of os-release where the driver's machine
    is this one; *engine* the container's, as the facts name it;
    with *compose* a file of docker compose starts it, else *started* may be the command that does, and *image*
    what it starts. *conda* is the program that does conda's work: conda, mamba or micromamba. *tried* are slugs of
    core/tried.py. *variant* is what
    the torch here is for: cuda, cpu, rocm, xpu. *missing_units* are services that systemd does not know. *blind*: no
    GPU is visible where packages are installed. *administered*: others keep the machine, or its driver.
    """

    system: str = "linux"
    distribution: str | None = None
    place: str = HOST
    engine: str | None = None
    compose: bool = False
    started: str | None = None
    image: str | None = None
    installer: str = "pip"
    conda: str = "conda"
    python: str = "python"
    tried: frozenset[str] = frozenset()
    variant: str | None = None
    scheduler: str | None = None
    missing_units: frozenset[str] = frozenset()
    blind: bool = False
    mirrors: Mirrors = Mirrors()
    server_wheels: bool = True
    administered: bool = False

    @property
    def owns_the_machine(self) -> bool:
        """Whether drivers and modules can be changed from where this person works."""
        return self.place == HOST and self.system != "wsl"


def person_of(facts: Facts) -> Person:
    """Return who asks, as *facts* tell."""
    system, place = _system(facts), _place(facts)
    return Person(
        system=system,
        distribution=facts.value("os_id") if place == HOST else None,
        place=place,
        engine=facts.value("container"),
        compose=facts.value("compose") is True,
        started=facts.value("container_command"),
        image=facts.value("container_image"),
        installer=_installer(facts),
        conda=_conda(facts),
        python=_python(facts, system),
        tried=_in_vain(facts),
        variant=facts.value("torch_variant"),
        scheduler=facts.value("scheduler"),
        missing_units=_missing_units(facts),
        mirrors=mirrors_of(facts),
        server_wheels=_takes_server_wheels(facts.value("jetson")),
        administered=facts.value("shared_node") is True,
        blind=facts.value("gpus") == () or facts.is_absent("gpus") or place == SHARED,
    )


def _system(facts: Facts) -> str:
    if facts.value("wsl"):
        return "wsl"
    if facts.value("jetson"):
        return "jetson"
    return str(facts.value("os_family") or "linux")


_FIRST_SERVER_STACK = 38  # L4T of JetPack 7


def _takes_server_wheels(jetson: str | None) -> bool:
    l4t = re.match(r"R?(\d{2})\b", jetson or "")
    return jetson is None or (l4t is not None and int(l4t[1]) >= _FIRST_SERVER_STACK)


def _place(facts: Facts) -> str:
    if facts.value("notebook_service"):
        return NOTEBOOK
    container = facts.value("container")
    if container:
        return POD if container == "kubernetes" else CONTAINER
    if _of_another_host(facts):
        return CONTAINER
    root = facts.value("effective_uid") == 0
    cluster = facts.value("shared_node") or facts.value("scheduler") == "slurm"
    return SHARED if cluster and not root else HOST


# Kernels that only these families of distributions have.
_FAMILIES = {
    r"\.el\d|\.amzn\d|\.fc\d|\.cm\d|\.al[78]|\.tl\d|\.uek": (
        "rhel",
        "rocky",
        "almalinux",
        "centos",
        "fedora",
        "amzn",
    ),
    r"-(?:generic|lowlatency|aws|gcp|azure|oracle)$": ("ubuntu", "debian", "linuxmint", "pop"),
}


def _of_another_host(facts: Facts) -> bool:
    """Whether the kernel is of another distribution than the system: what runs there is a container."""
    kernel, system = facts.value("kernel_release") or "", facts.value("os_id")
    if not system or facts.value("wsl") or facts.value("jetson"):
        return False
    owners = next((own for text, own in _FAMILIES.items() if re.search(text, kernel)), None)
    others = {name for names in _FAMILIES.values() for name in names}
    return owners is not None and system in others and system not in owners


def _installer(facts: Facts) -> str:
    """Who keeps the packages of the environment; an installer that was seen at work outranks what is likely."""
    manager: str | None = facts.value("project_manager")
    if manager == "conda" and (_is_wheel(facts) or _is_by_pip(facts)):
        return "pip"  # the environment is conda's, its torch a wheel that pip put there
    if manager:
        return _MANAGERS.get(manager, manager)
    if facts.value("torch_origin") == "ngc":
        return IMAGE
    where = f"{facts.value('torch_location', '')} {facts.value('python_executable', '')}"
    if "/nix/store/" in where:
        return NIX
    keeper = next((name for name, folder in _FOLDERS if folder in where.replace("\\", "/")), None)
    if keeper:
        return keeper
    installer: str | None = _recorded(facts) or facts.value("torch_installer")
    if installer:
        return installer
    commands: tuple[str, ...] = facts.value("install_commands", ())
    for command in reversed(commands):
        found = next((name for name, text in _COMMANDS if re.search(text, command)), None)
        if found:
            return found
    return "pip"


def _conda(facts: Facts) -> str:
    """The program of conda's that the last command names."""
    commands: tuple[str, ...] = facts.value("install_commands", ())
    named = (re.search(_CONDA, command) for command in reversed(commands))
    return next((match[1] for match in named if match), "conda")


def _is_by_pip(facts: Facts) -> bool:
    """Whether commands alone tell of the torch, and they are pip's."""
    return "torch_version" not in facts and facts.value("torch_installer") == "pip"


def _is_wheel(facts: Facts) -> bool:
    """Whether the torch that failed is tagged as wheels of its own index are: +cu126, +cpu."""
    version: TorchVersion | None = facts.value("torch_version")
    tagged = version is not None and version.local.startswith(("cu", "cpu"))
    return tagged and _recorded(facts) != "conda"


def _recorded(facts: Facts) -> str | None:
    """The installer in the record of the torch that is imported."""
    packages: tuple[Package, ...] = facts.value("packages", ())
    if any(package.name in ("cpuonly", "cpu-only", "pytorch-mutex") for package in packages):
        return "conda"
    if facts.value("torch_origin") in ("conda-forge", "anaconda"):
        return "conda"
    own = [package for package in packages if package.name in _TORCH and package.installer]
    version = facts.value("torch_version")
    taken = [package for package in own if version and package.version == str(version)]
    return (taken or own)[0].installer if own else None


# What people write of a step that helped, and words for the steps that help for a while alone.
_HELPED = (
    r"(?i)\b(?:works?|worked|working|runs|ok|fine) (?:again|fine|after)"
    r"|\b(?:helps|helped|fixes|fixed|resolves?d?|solves?d?)\b"
)
_STEPS = {
    "rebooted": r"(?i)\breboot|\brestart(?:ing|ed)? (?:the )?(?:machine|computer|host|pc|server)",
    "reloaded-module": r"(?i)\brmmod\b|\bmodprobe\b|\breload",
    "restarted-container": r"(?i)\brestart\w* (?:the |my )?container",
}


def _in_vain(facts: Facts) -> frozenset[str]:
    """What was tried and did not help: a step after which it works again is the cure, and no news that it was taken."""
    tried = [one.text for one in facts.value("remarks", ()) if re.search(_HELPED, one.text)]
    helped = {slug for slug, step in _STEPS.items() if any(re.search(step, text) for text in tried)}
    return frozenset(facts.value("tried", ())) - helped


def _python(facts: Facts, system: str) -> str:
    folder: str | None = facts.value("portable_python")
    windows = system == "windows"
    if folder and _PACKAGES.search(folder):
        return interpreter_of(facts.value("torch_location") or folder) or "python"
    if folder and folder != _OWN_VENV:
        name, glue = ("python.exe", "\\") if windows else ("python", "/")
        return folder if folder.lower().endswith(name) else f"{folder.rstrip(glue)}{glue}{name}"
    own: str | None = facts.value("python_executable")
    there = own or interpreter_of(facts.value("torch_location") or "")
    if there is None and folder and _place(facts) == HOST:
        return r"venv\Scripts\python.exe" if windows else "venv/bin/python"
    return there or "python"


_PACKAGES = regex(r"[\\/](?:site|dist)-packages$")
# What a web UI calls the environment that it makes in its own folder.
_OWN_VENV = "venv"
_UNKNOWN_UNIT = regex(
    r"Unit (?:file )?([\w@-]+)\.service (?:could not be found|not found|does not exist)"
)


def _missing_units(facts: Facts) -> frozenset[str]:
    texts = [error.text for error in facts.value("errors_seen", ()) if "Unit " in error.text]
    units = frozenset(match[1] for text in texts for match in _UNKNOWN_UNIT.finditer(text))
    absent = facts.value("fabric_manager") == "not installed"
    return units | {"nvidia-fabricmanager"} if absent else units
