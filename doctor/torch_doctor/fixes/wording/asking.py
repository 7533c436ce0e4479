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
    ChooseRuntime,
)
from torch_doctor.fixes.person import UV, UV_PROJECT, Person
from torch_doctor.fixes.quoting import requirement, word
from torch_doctor.fixes.wording.packages import uv_pip

# {gpus}: "a GPU" or "8 GPUs"; {count}: their number. Behind the words a line for a script, a program or a Pod, and
# a command that shows what is given.
_SCHEDULERS = {
    "slurm": (
        "ask Slurm for {gpus} with the job: it shows none to jobs that did not, and login nodes have none",
        "#SBATCH --gres=gpu:{count}",
        "srun --gres=gpu:{count} nvidia-smi -L",
    ),
    "ray": (
        "ask Ray for {gpus}: it hides them otherwise; num_gpus={count} at the task or actor, use_gpu=True in Ray Train",
        "@ray.remote(num_gpus={count})",
        "",
    ),
    "kubernetes": (
        "ask for {gpus} in the Pod: resources.limits nvidia.com/gpu: {count} (its device plugin must run)",
        "resources: {{limits: {{nvidia.com/gpu: {count}}}}}",
        "",
    ),
}
_OTHER = "ask {scheduler} for {gpus}: it hides those that the job did not request"


# Where notebook services keep the choice of a machine.
_RUNTIMES = {
    "colab": "choose a runtime with a GPU: Runtime > Change runtime type > T4 GPU (or another one)",
    "kaggle": "switch the GPU on: Settings > Accelerator (the account must be verified by phone)",
    "sagemaker": "choose an instance type with a GPU, such as ml.g5.xlarge",
    "databricks": "attach the notebook to a cluster of GPU nodes, with a runtime version for ML and GPU",
    "azureml": "choose a compute instance with a GPU, of a size such as Standard_NC",
    "lightning": "switch the Studio to a machine with a GPU",
}


def ask_scheduler(action: AskScheduler, person: Person) -> Fix:
    """Ask what hands out the GPUs for them."""
    gpus = "a GPU" if action.wanted == 1 else f"{action.wanted} GPUs"
    request = {"gpus": gpus, "count": action.wanted, "scheduler": action.scheduler}
    forms = _SCHEDULERS.get(action.scheduler, (_OTHER, "", ""))
    text, line, command = (form.format(**request) for form in forms)
    return Fix(text, (command,) if command else (), lines=(line,) if line else ())


def choose_runtime(action: ChooseRuntime, person: Person) -> Fix | None:
    """Take a machine with a GPU in a notebook service, which keeps its machines as they are."""
    if "chose-gpu-runtime" in person.tried:
        return None
    how = _RUNTIMES.get(
        action.service, "choose a machine type with a GPU in the settings of the notebook service"
    )
    return Fix(f"{how}; then start it again and run the notebook from the top", scope=HOST)


def ask_admin(action: AskAdmin, person: Person) -> Fix:
    """Leave it to those who run the machine, and say what to ask them for."""
    return Fix(f"ask those who run the machine: {action.text}", scope=HOST)


def ask_fact(action: AskFact, person: Person) -> Fix:
    """Find out what decides."""
    return Fix(action.text, action.commands)


def change_program(action: ChangeProgram, person: Person) -> Fix:
    """Change a line of the program; what is set in the shell has no say there."""
    return Fix(action.text, lines=action.code)


def build_package(action: BuildPackage, person: Person) -> Fix:
    """Compile a package, against the torch that is installed and for the GPU that it shall run on."""
    variables = [setting.partition("=")[::2] for setting in action.settings]
    target = action.capability
    if target and action.targets != "none":
        plain = action.targets != "TORCH_CUDA_ARCH_LIST"
        variables.append((action.targets, target.replace(".", "") if plain else target))
    windows = person.system == "windows"
    form = '$env:{} = "{}"' if windows else "export {}={}"
    first = tuple(form.format(*variable) for variable in variables)
    own = action.name is None
    if action.spec is None and not own:
        return Fix(action.text, first)
    uv = person.installer in (UV, UV_PROJECT)
    install = f"{word(person.python)} -m pip install"
    if uv:
        install = uv_pip("install", person)
    # a wheel that was compiled before lies in the installer's cache, and is for the torch of that day
    again = "--reinstall --no-cache" if uv else "--force-reinstall --no-cache-dir"
    spec = action.spec or "."
    source = f" --no-binary {action.name}" if not own and "git+" not in spec else ""
    spec = word(spec) if source or own else requirement(spec)
    where = ", in the folder of its source" if own else ""
    text = f"{action.text}{where} (needs nvcc of torch's CUDA and a C++ compiler)"
    build = f"{install} --no-build-isolation --no-deps {again}{source} {spec}"
    return Fix(text, (*first, build))
