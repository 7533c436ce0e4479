"""What is needed around packages: a compiler of CUDA, an environment with another Python."""

from __future__ import annotations

from torch_doctor.core.finding import Fix
from torch_doctor.core.startup import regex
from torch_doctor.fixes.kinds import InstallToolkit, MakeEnvironment
from torch_doctor.fixes.person import (
    CONTAINER,
    HOST,
    NOTEBOOK,
    POD,
    SHARED,
    UV,
    UV_PROJECT,
    UVX,
    Person,
)

# NVIDIA's package of a toolkit brings no driver.
_TOOLKITS = {
    "ubuntu": "sudo apt-get install cuda-toolkit-{dashed}",
    "debian": "sudo apt-get install cuda-toolkit-{dashed}",
    "rhel": "sudo dnf install cuda-toolkit-{dashed}",
    "rocky": "sudo dnf install cuda-toolkit-{dashed}",
    "almalinux": "sudo dnf install cuda-toolkit-{dashed}",
    "fedora": "sudo dnf install cuda-toolkit-{dashed}",
}
_FIRST_OF_CONDA_FORGE = 12  # before it, the channel nvidia has nvcc


def install_toolkit(action: InstallToolkit, person: Person) -> Fix:
    """Get nvcc of one CUDA, by what installs it for this person; the driver stays as it is."""
    cuda = action.cuda
    if cuda is None:
        return Fix(
            "install nvcc of torch's CUDA (print(torch.version.cuda)), and set CUDA_HOME to its directory"
        )
    what = f"install nvcc of CUDA {cuda}"
    if person.system == "windows":
        return Fix(
            f"{what} (NVIDIA's installer of the CUDA {cuda} toolkit for Windows, without its driver)"
        )
    if person.installer in ("conda", "pixi"):
        return _by_conda(what, cuda, person)
    if person.place == SHARED:
        text = (
            f"load CUDA {cuda} as a module of the cluster, or {what} from conda (cuda-nvcc={cuda})"
        )
        return Fix(text, ("module avail cuda", f"module load cuda/{cuda}"))
    if person.place in (CONTAINER, POD):
        text = f"{what} in the image, or start from one that has it (nvidia/cuda:{cuda}…-devel)"
        return Fix(text, scope="container")
    dashed = cuda.replace(".", "-")
    text = f"{what} (NVIDIA's package cuda-toolkit-{dashed}, which leaves the driver alone; conda has cuda-nvcc={cuda})"
    template = _TOOLKITS.get(person.distribution or "")
    if person.place != HOST or person.system != "linux":
        return Fix(text)
    home = f"export CUDA_HOME=/usr/local/cuda-{cuda}"
    install = (template.format(dashed=dashed),) if template else ()
    text += ", and let CUDA_HOME name it in the shell that builds"
    return Fix(text, (*install, home), needs_root=bool(install))


def _by_conda(what: str, cuda: str, person: Person) -> Fix:
    channel = (
        "conda-forge" if int(cuda.split(".", maxsplit=1)[0]) >= _FIRST_OF_CONDA_FORGE else "nvidia"
    )
    command = f"conda install -c {channel} cuda-nvcc={cuda}"
    if person.installer == "pixi":
        command = f"pixi add cuda-nvcc={cuda}"
    return Fix(f"{what} in this environment", (command, "export CUDA_HOME=$CONDA_PREFIX"))


# How an environment gets another Python, by what keeps it; a plain one is made anew, by that Python.
_PYTHONS: dict[str, tuple[str, ...]] = {
    "conda": ("conda create -n torch python={python}", "conda activate torch"),
    "pixi": ("pixi add python={python}.*",),
    UV_PROJECT: ("uv python pin {python}", "uv sync"),
    "poetry": ("poetry env use {python}",),
    "pdm": ("pdm use {python}",),
    "pipenv": ("pipenv --python {python}",),
    UV: ("uv venv --python {python}",),
}
_VENV = ("python{python} -m venv .venv", ". .venv/bin/activate")
_VENV_OF_WINDOWS = ("py -{python} -m venv .venv", r".venv\Scripts\activate")


def make_environment(action: MakeEnvironment, person: Person) -> Fix:
    """Make an environment with another Python, by what keeps the one that is there."""
    text, python = action.text, action.python
    if _BUNDLED.search(person.python):
        return Fix(
            f"{text}; the Python of this bundle is changed with the bundle: take one with Python {python}"
        )
    if person.place == NOTEBOOK:
        return Fix(
            f"{text}; a notebook service has one Python for each version of its runtime: choose another one"
        )
    if person.installer == UVX:
        return Fix(f"{text}: --python {python}, right behind uvx")
    commands = _PYTHONS.get(person.installer)
    if commands is None:
        text = f"{text} (uv venv --python {python} fetches that Python where it is missing)"
        commands = _VENV_OF_WINDOWS if person.system == "windows" else _VENV
    return Fix(text, tuple(command.format(python=python) for command in commands))


# The folder of an interpreter that a program for Windows brings.
_BUNDLED = regex(r"python_embed")
