"""How rules say what would help: functions that make actions. Their types are in kinds.py."""

from __future__ import annotations

from torch_doctor.core.finding import Action
from torch_doctor.fixes.kinds import (
    ENV,
    AskAdmin,
    AskFact,
    AskScheduler,
    BuildPackage,
    ByHand,
    ChangeProgram,
    ChooseRuntime,
    HideGpus,
    InstallToolkit,
    LoadModule,
    MakeEnvironment,
    OffLibraryPath,
    PowerCycle,
    Reboot,
    ReloadUvm,
    ResetGpu,
    RestartAsItIs,
    RestartContainer,
    SetVariable,
    StartService,
    Steps,
    UnsetVariable,
)


def set_variable(name: str, value: str, why: str) -> Action:
    """Set an environment variable in the shell or job that starts PyTorch."""
    return SetVariable(name, value, why)


def unset_variable(name: str, why: str) -> Action:
    """Remove an environment variable from the shell or job that starts PyTorch."""
    return UnsetVariable(name, why)


def hide_gpus(text: str, *numbers: int) -> Action:
    """Show PyTorch the GPUs of these *numbers* alone, as nvidia-smi counts them."""
    return HideGpus(text, numbers)


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
    pairs = tuple((variables or {}).items())
    return RestartContainer(why, gpus, pairs, shared_memory, memory_lock, runtime)


def with_gpus() -> Action:
    """Start the container again with GPUs, which it did not get."""
    return RestartContainer("with GPUs (needs the NVIDIA Container Toolkit on the host)")


def restart_as_it_is(why: str) -> Action:
    """Restart the container, with the options that it has."""
    return RestartAsItIs(why)


def power_cycle(why: str) -> Action:
    """Take the power away from the machine: a warm reboot keeps a GPU's state."""
    return PowerCycle(why)


def reset_gpu(index: int | None, why: str) -> Action:
    """Reset a GPU (None: all of them)."""
    return ResetGpu(index, why)


def start_service(
    unit: str,
    text: str,
    *,
    package: str = "",
    packages: dict[str, str] | None = None,
    install: bool | None = False,
    lead: str = "",
) -> Action:
    """Start a service; it is installed first where *install* says so (None: maybe) or systemd does not know it."""
    return StartService(unit, text, package or unit, tuple((packages or {}).items()), install, lead)


def ask_scheduler(scheduler: str, wanted: int = 1) -> Action:
    """Ask what hands out GPUs for as many as are *wanted*."""
    return AskScheduler(scheduler, wanted)


def choose_runtime(service: str) -> Action:
    """Choose a machine with a GPU in a notebook service."""
    return ChooseRuntime(service)


def ask_admin(text: str) -> Action:
    """Leave it to those who run the machine."""
    return AskAdmin(text)


def ask_fact(text: str, *commands: str) -> Action:
    """Find out what decides first."""
    return AskFact(text, commands)


def change_program(text: str, *code: str) -> Action:
    """Change the program that fails."""
    return ChangeProgram(text, code)


def build_package(text: str, name: str | None = None, capability: str | None = None) -> Action:
    """Compile a package here."""
    return BuildPackage(text, name, capability)


def install_toolkit(cuda: object) -> Action:
    """Get nvcc of *cuda*; None: of torch's, which is not known."""
    return InstallToolkit(None if cuda is None else str(cuda))


def make_environment(text: str, python: str) -> Action:
    """Make an environment with another Python."""
    return MakeEnvironment(text, python)


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
