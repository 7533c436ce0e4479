"""conda and pixi: torch has another name there, and its CUDA is a package of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch_doctor.core.finding import Fix
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes.kinds import InstallTorch
from torch_doctor.fixes.person import Person
from torch_doctor.fixes.quoting import requirement

_NAMES = {"torch": "pytorch"}
# The channel pytorch named the CUDA of a build "cudatoolkit", and "pytorch-cuda" from 1.13 on.
_FIRST_PYTORCH_CUDA = (1, 13)
# The build string of its CUDA builds: without it the solver may take a CPU build again, unasked.
_BUILD = "*cuda{}*"


def install_torch_by_conda(action: InstallTorch, person: Person) -> Fix:
    """Install a CUDA build with conda or pixi: from the channel that had the release, or from conda-forge."""
    torch, cuda = action.conda or (action.torch, _cuda(action))
    text = f"install pytorch {torch} for CUDA {cuda}{' instead' if action.there else ''}{action.condition}"
    # Which release of the others goes with another torch, conda's solver knows.
    same = torch == action.torch
    along = tuple(spec if same else spec.split("=")[0] for spec in _family(action.companions))
    if person.installer == "pixi":
        specs = (f"pytorch-gpu={torch}", *along, f"cuda-version={cuda}")
        # it is the least that a driver must serve, and one for an older CUDA of the same major serves this one, too
        needs = f"pixi workspace system-requirements add cuda {cuda.partition('.')[0]}"
        return Fix(text, (needs, f"pixi add {_quoted(specs)}"))
    if action.channel != "pytorch":
        specs = (f"pytorch-gpu={torch}", *along, f"cuda-version={cuda}")
        command = f"conda install -c conda-forge {_quoted(specs)}"
    elif tuple(map(int, action.torch.split(".")[:2])) >= _FIRST_PYTORCH_CUDA:
        specs = (f"pytorch={action.torch}={_BUILD.format(cuda)}", *along, f"pytorch-cuda={cuda}")
        command = f"conda install {_quoted(specs)} -c pytorch -c nvidia"
    else:
        specs = (f"pytorch={action.torch}={_BUILD.format(cuda)}", *along, f"cudatoolkit={cuda}")
        command = f"conda install {_quoted(specs)} -c pytorch -c conda-forge"
    if not person.blind:
        return Fix(text, (command,))
    # Without a GPU in sight conda's virtual package __cuda is missing, and the solver takes a CPU build.
    explained = f"{text}; no GPU is visible where it runs, so conda is told of one"
    return Fix(explained, (f"CONDA_OVERRIDE_CUDA={cuda} {command}",))


def conda_specs(specs: Iterable[str]) -> str:
    """Return requirements of pip as conda writes them."""
    return _quoted(tuple(_named(spec.partition("+")[0].replace("==", "=")) for spec in specs))


def _family(companions: Iterable[str]) -> Iterator[str]:
    for spec in companions:
        yield spec.partition("+")[0].replace("==", "=")


def _named(spec: str) -> str:
    name, glue, version = spec.partition("=")
    return f"{_NAMES.get(name, name)}{glue}{version}"


def _cuda(action: InstallTorch) -> str:
    tagged = action.variant.startswith("cu")
    return str(CudaVersion.from_tag(action.variant)) if tagged else "12"


def _quoted(specs: tuple[str, ...]) -> str:
    return " ".join(map(requirement, specs))
