"""What others must do, what is to be found out first, and what is changed in the program itself."""

from __future__ import annotations

from torch_doctor.core.finding import Fix
from torch_doctor.fixes.kinds import (
    HOST,
    AskAdmin,
    AskFact,
    AskScheduler,
    BuildPackage,
    ChangeProgram,
)
from torch_doctor.fixes.person import UV, UV_PROJECT, Person
from torch_doctor.fixes.quoting import word

_SCHEDULERS = {
    "slurm": (
        "ask Slurm for a GPU with the job: it shows none to jobs that did not",
        ("srun --gres=gpu:1 …", "#SBATCH --gres=gpu:1"),
    ),
    "ray": (
        "ask Ray for a GPU with the task or actor: it hides them from those that did not",
        ("@ray.remote(num_gpus=1)",),
    ),
    "kubernetes": (
        "ask for a GPU in the Pod: resources.limits nvidia.com/gpu: 1",
        (),
    ),
}


# Packages whose source an index has, to be compiled beside torch; others are built from their repositories.
_SOURCES = frozenset(
    ("flash-attn", "xformers", "mamba-ssm", "causal-conv1d", "deepspeed", "auto-gptq", "torchaudio")
)


def ask_scheduler(action: AskScheduler, person: Person) -> Fix:
    """Ask what hands out the GPUs for one."""
    text, commands = _SCHEDULERS.get(
        action.scheduler,
        (f"ask {action.scheduler} for a GPU: it hides those that the job did not request", ()),
    )
    return Fix(text, commands)


def ask_admin(action: AskAdmin, person: Person) -> Fix:
    """Leave it to those who run the machine, and say what to ask them for."""
    return Fix(f"ask those who run the machine: {action.text}", scope=HOST)


def ask_fact(action: AskFact, person: Person) -> Fix:
    """Find out what decides."""
    return Fix(action.text, action.commands)


def change_program(action: ChangeProgram, person: Person) -> Fix:
    """Change a line of the program; what is set in the shell has no say there."""
    return Fix(action.text, action.code)


def build_package(action: BuildPackage, person: Person) -> Fix:
    """Compile a package, against the torch that is installed and for the GPU that it shall run on."""
    target = action.capability
    windows = person.system == "windows"
    variable = (
        f'$env:TORCH_CUDA_ARCH_LIST = "{target}"'
        if windows
        else f"export TORCH_CUDA_ARCH_LIST={target}"
    )
    first = (variable,) if target else ()
    if action.name not in _SOURCES:
        return Fix(action.text, first)
    uv = person.installer in (UV, UV_PROJECT)
    install = f"{word(person.python)} -m pip install"
    if uv:
        install = f"uv pip install --python {word(person.python)}"
    again = "--reinstall" if uv else "--force-reinstall"
    options = f"--no-build-isolation --no-deps {again} --no-binary {action.name}"
    return Fix(action.text, (*first, f"{install} {options} {action.name}"))
