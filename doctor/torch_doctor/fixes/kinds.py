"""What mends something, as things with a type: rules name them, the judge tries them, the wording comes last.

An action is a named tuple. *why* (or *text*) is what the rule has to say about it; who asks, and with which installer
on which system, is not its business. Rules make actions with the functions of actions.py.
"""

from __future__ import annotations

import re
from functools import cache

from torch_doctor.core.finding import Action
from torch_doctor.core.tuples import NamedTuple

ENV, CONTAINER, HOST = "env", "container", "host"


class InstallTorch(NamedTuple):
    """Put another build of torch into the environment, such as ``torch==2.14.1+cu126``, with what moves along.

    *companions* are requirements; *condition* says for whom it serves or why this release, where that must be said.
    With *replace* the same version is there already, for another CUDA; *there*: some torch is. *channel* is the conda
    channel that has the release, *conda* the torch and CUDA that it has in place of these. *beside* are requirements of
    packages that move along, too, where they are installed, which nobody knows. *tagged*: the version of the wheel
    tells its variant.
    """

    torch: str
    variant: str
    index_url: str | None
    companions: tuple[str, ...] = ()
    replace: bool = False
    condition: str = ""
    there: bool = True
    channel: str = "conda-forge"
    conda: tuple[str, str] | None = None
    beside: tuple[str, ...] = ()
    tagged: bool = True

    @property
    def requirement(self) -> str:
        """Torch as an installer takes it; the default index knows no variants."""
        tag = f"+{self.variant}" if self.index_url and self.tagged else ""
        return f"torch=={self.torch}{tag}"


class InstallPackages(NamedTuple):
    """Put packages over what is there; with *deps* their dependencies too. *text* says what it is for.

    Not *anew*: they are missing, so that nothing that is there has to be put again. *asking* says how the build of
    torch tells the release and the index, where nobody knows it: who has no solver that chooses them is asked for it.
    *channels* are those of conda's that the torch here came from.
    """

    text: str
    specs: tuple[str, ...]
    index_url: str | None = None
    deps: bool = False
    anew: bool = True
    asking: str = ""
    channels: tuple[str, ...] = ()


class RemovePackages(NamedTuple):
    """Take packages out of the environment; *wheels* are pip's, whatever keeps the others."""

    text: str
    names: tuple[str, ...]
    wheels: bool = False


class UpdateDriver(NamedTuple):
    """Get a driver of at least *minimum*; with *exact_branch* of that branch.

    *open_module*: with the open kernel modules. *flavour_matters*: these, and not the other ones, are the cure.
    *open_is_ready*: these of that branch serve every GPU that takes them.
    *branch* is the one to take where an installer wants one named. Without *there* no driver is installed yet.
    """

    minimum: str
    exact_branch: bool = False
    open_module: bool = True
    flavour_matters: bool = False
    branch: int | None = None
    there: bool = True
    open_is_ready: bool = True


class UseCompat(NamedTuple):
    """Put cuda-compat of *cuda* on the loader's path: data-centre GPUs may use it over an older driver."""

    cuda: str


class SetVariable(NamedTuple):
    """Set an environment variable where PyTorch is started."""

    name: str
    value: str
    why: str


class UnsetVariable(NamedTuple):
    """Remove an environment variable where PyTorch is started."""

    name: str
    why: str


class HideGpus(NamedTuple):
    """Start PyTorch with a mask that shows the GPUs of these *numbers* alone, as nvidia-smi counts them."""

    text: str
    numbers: tuple[int, ...]


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


class RestartAsItIs(NamedTuple):
    """Restart the container, with the options that it has."""

    why: str


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


class PowerCycle(NamedTuple):
    """Take the power away from the machine."""

    why: str


class ResetGpu(NamedTuple):
    """Reset one GPU, or all of them, with no program on it."""

    index: int | None  # type: ignore[assignment]
    why: str


class StartService(NamedTuple):
    """Start a service now and at every boot.

    With *install*, *package* is put there first, and with None where it is missing, which nobody knows; *packages* are
    its names by package manager (apt, dnf). *lead* says for whom it is.
    """

    unit: str
    text: str
    package: str = ""
    packages: tuple[tuple[str, str], ...] = ()
    install: bool | None = False
    lead: str = ""


class AskScheduler(NamedTuple):
    """Ask what hands out GPUs (slurm, ray, kubernetes) for as many as are wanted."""

    scheduler: str
    wanted: int = 1


class ChooseRuntime(NamedTuple):
    """Choose a machine with a GPU in a notebook service (colab, kaggle …)."""

    service: str


class AskAdmin(NamedTuple):
    """Leave it to those who run the machine: *text* is what to ask them for."""

    text: str


class AskFact(NamedTuple):
    """Find out what decides, with one command."""

    text: str
    commands: tuple[str, ...] = ()


class ChangeProgram(NamedTuple):
    """Change the program that fails; *code* are lines for it."""

    text: str
    code: tuple[str, ...] = ()


class BuildPackage(NamedTuple):
    """Compile a package against the installed torch, for GPUs of *capability*.

    *spec* is what pip is given for it, where its build is on record; *settings* are variables that this build asks for,
    and *targets* the one that names the GPUs.
    """

    text: str
    name: str | None = None
    capability: str | None = None
    spec: str | None = None
    settings: tuple[str, ...] = ()
    targets: str = "TORCH_CUDA_ARCH_LIST"


class InstallToolkit(NamedTuple):
    """Get nvcc of *cuda*, to compile with; None: of the CUDA that torch is built with, which is not known."""

    cuda: str | None


class MakeEnvironment(NamedTuple):
    """Make an environment with another *python*, 3.12; *text* says why that one."""

    text: str
    python: str


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
def slug_of_kind(kind: type) -> str:
    """Return the name of a kind of action, ``install-torch``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.__name__).lower()


def slug_of(action: Action) -> str:
    """Return the name of an action's kind, ``install-torch``."""
    return slug_of_kind(type(action))
