"""What mends something, as things with a type: rules name them, the judge tries them, the wording comes last.

An action is a named tuple. *why* (or *text*) is what the rule has to say about it; who asks, and with which installer
on which system, is not its business. Rules make actions with the functions below.
"""

from __future__ import annotations

import re
from functools import cache

from torch_doctor.core.finding import Action
from torch_doctor.core.tuples import NamedTuple

ENV, CONTAINER, HOST = "env", "container", "host"


class InstallTorch(NamedTuple):
    """Put another build of torch into the environment, such as ``torch==2.14.1+cu126``, with what moves along.

    *companions* are requirements; *condition* says for whom it serves, where that is not known. With *replace* the
    same version is there already, for another CUDA.
    """

    torch: str
    variant: str
    index_url: str | None
    companions: tuple[str, ...] = ()
    replace: bool = False
    condition: str = ""

    @property
    def requirement(self) -> str:
        """Torch as an installer takes it; the default index knows no variants."""
        return f"torch=={self.torch}+{self.variant}" if self.index_url else f"torch=={self.torch}"


class InstallPackages(NamedTuple):
    """Put packages over what is there; with *deps* their dependencies too. *text* says what it is for."""

    text: str
    specs: tuple[str, ...]
    index_url: str | None = None
    deps: bool = False


class RemovePackages(NamedTuple):
    """Take packages out of the environment."""

    text: str
    names: tuple[str, ...]


class UpdateDriver(NamedTuple):
    """Get a driver of at least *minimum*; with *exact_branch* of that branch. *open_module*: which flavour."""

    minimum: str
    exact_branch: bool = False
    open_module: bool = True


class SetVariable(NamedTuple):
    """Set an environment variable where PyTorch is started."""

    name: str
    value: str
    why: str


class UnsetVariable(NamedTuple):
    """Remove an environment variable where PyTorch is started."""

    name: str
    why: str


class OffLibraryPath(NamedTuple):
    """Take *folder* off the loader's path: off *library_path* (LD_LIBRARY_PATH) where that names it."""

    folder: str
    library_path: str | None


class RestartContainer(NamedTuple):
    """Start the container again, with GPUs and more. *memory_lock*: with the right to lock memory."""

    why: str
    gpus: bool = True
    variables: tuple[tuple[str, str], ...] = ()
    shared_memory: str | None = None
    memory_lock: bool = False
    runtime: str | None = None


class LoadModule(NamedTuple):
    """Load a kernel module now."""

    module: str


class ReloadUvm(NamedTuple):
    """Reload the module of unified memory, after the commands *first*."""

    text: str = "reload nvidia_uvm"
    first: tuple[str, ...] = ()


class Reboot(NamedTuple):
    """Reboot the host, or reload the kernel modules with all GPU users stopped."""

    why: str


class ByHand(NamedTuple):
    """A cure in words of its own, whose effect nobody has described. *scope* is env, container or host."""

    text: str
    commands: tuple[str, ...] = ()
    scope: str = ENV
    root: bool = False
    reboot: bool = False


class Steps(NamedTuple):
    """Actions that help only together, in this order: a driver and then a build, for one."""

    steps: tuple[Action, ...]


@cache
def _slug(kind: type) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.__name__).lower()


def slug_of(action: Action) -> str:
    """Return the name of an action's kind, ``install-torch``."""
    return _slug(type(action))


def set_variable(name: str, value: str, why: str) -> Action:
    """Set an environment variable in the shell or job that starts PyTorch."""
    return SetVariable(name, value, why)


def unset_variable(name: str, why: str) -> Action:
    """Remove an environment variable from the shell or job that starts PyTorch."""
    return UnsetVariable(name, why)


def off_library_path(folder: str, library_path: str | None) -> Action:
    """Take *folder* off the loader's path: off LD_LIBRARY_PATH where that names it, else out of ld.so.conf."""
    return OffLibraryPath(folder, library_path)


def restart_container(
    why: str,
    *,
    gpus: bool = True,
    variables: dict[str, str] | None = None,
    shared_memory: str | None = None,
    memory_lock: bool = False,
    runtime: str | None = None,
) -> Action:
    """Start the container again with other options; how, depends on its engine."""
    told = tuple((variables or {}).items())
    return RestartContainer(why, gpus, told, shared_memory, memory_lock, runtime)


def with_gpus() -> Action:
    """Start the container again with GPUs, which it did not get."""
    return RestartContainer("with GPUs (needs the NVIDIA Container Toolkit on the host)")


def in_turn(*steps: Action) -> Action:
    """Say actions that help only together, in their order, as one."""
    return Steps(steps)


def load_module(module: str) -> Action:
    """Load a kernel module now."""
    return LoadModule(module)


def reload_uvm(text: str = "reload nvidia_uvm", *first: str) -> Action:
    """Reload the module of unified memory, after the commands *first*."""
    return ReloadUvm(text, first)


def reboot(why: str) -> Action:
    """Reboot the host, or reload the kernel modules with all GPU users stopped."""
    return Reboot(why)


def by_hand(
    text: str, *commands: str, scope: str = ENV, root: bool = False, reboot_needed: bool = False
) -> Action:
    """Say a cure that has no type of its own."""
    return ByHand(text, commands, scope, root, reboot_needed)
