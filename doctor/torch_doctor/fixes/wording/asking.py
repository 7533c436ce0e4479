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
    """Compile a package here, against the torch that is installed and for the GPU that is here."""
    name = word(action.name or "PACKAGE")
    target = f' TORCH_CUDA_ARCH_LIST="{action.capability}"' if action.capability else ""
    install = f"{word(person.python)} -m pip install"
    if person.installer in (UV, UV_PROJECT):
        install = f"uv pip install --python {word(person.python)}"
    options = "--no-build-isolation --no-deps --force-reinstall --no-binary"
    if person.installer in (UV, UV_PROJECT):
        options = "--no-build-isolation --no-deps --reinstall --no-binary"
    command = f"{install} {options} {name} {name}"
    if person.system == "windows":
        set_it = (f'$env:TORCH_CUDA_ARCH_LIST = "{action.capability}"',) if target else ()
        return Fix(action.text, (*set_it, command))
    return Fix(action.text, (f"{target.strip()} {command}".strip(),))
