"""How to get the toolkit of torch's CUDA, which compiles extensions. Shared by the rules of this folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.records import ErrorSeen, Toolkit
from torch_doctor.core.startup import regex
from torch_doctor.core.version import ComputeCapability, CudaVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.builds.systems import index_of
from torch_doctor.matrix.gpus.rows import Architecture

# What a build takes from the environment once nothing is brought for it.
BUILD_TOOLS = "python -m pip install setuptools wheel packaging ninja"
WITHOUT_ISOLATION = "put its build tools there first, then give the command that failed that option"

# "I cannot change to a newer version of the CUDA toolkit": torch follows it.
_STAYS = regex(
    r"\b(?:can(?:no|['’]?)t|canot|can not|not (?:be )?(?:able|allowed) to|unable to|may not|must not|no way to)\b"
    r"[^.;?\n]{0,12}\b(?:change|switch|move|go|update|upgrade|downgrade|replace|touch|install)\b[^.;?\n]{0,40}\btoolkit\b",
    re.IGNORECASE,
    ("toolkit",),
)
_PARTS = 2  # of a text in which a builder says what it detected
_NVCC_IN_WORDS = r"(?i)\b(?:nvcc|toolkit)\b(?:(?!torch)[^;\n]){0,40}?\b((?:1[0-3]|9)\.\d)"
_TORCH_IN_WORDS = r"(?i)torch\b(?:(?!nvcc|toolkit)[^;\n]){0,40}?\b((?:1[0-3]|9)\.\d)"


def releases_in(text: str) -> list[str]:
    """Return the CUDA of nvcc and that of torch, in this order, as a builder or somebody in words names them."""
    printed = re.split(r"detected|Installed", text, maxsplit=1)
    of_nvcc, of_torch = re.search(_NVCC_IN_WORDS, text), re.search(_TORCH_IN_WORDS, text)
    if len(printed) < _PARTS and of_nvcc:
        return [of_nvcc[1], *([of_torch[1]] if of_torch else [])]
    return re.findall(r"\d+\.\d+", printed[-1])


def cures_of(
    wanted: object, system: str | None, toolkits: tuple[Toolkit, ...], *, isolated: bool
) -> Iterator[Action]:
    """Return what helps: in isolation the torch is the wrong one; otherwise the toolkit is, which may be there."""
    if isolated:
        own = "build against the installed torch, not against one that pip brings for it, with --no-build-isolation"
        yield fixes.by_hand(f"{own}: {WITHOUT_ISOLATION}", BUILD_TOOLS)
        return
    why = "the toolkit of torch's CUDA"
    there = next(
        (kit.path for kit in toolkits if kit.has_nvcc and str(kit.cuda) == str(wanted)), None
    )
    if there is not None:
        yield fixes.set_variable("CUDA_HOME", there, why)
        return
    yield fixes.install_toolkit(wanted)
    yield fixes.set_variable(
        "CUDA_HOME", home_of(wanted, system), f"{why}, where it is there already"
    )


def either(
    toolkit: Iterable[Action],
    torch: Iterable[Action],
    cuda: CudaVersion | None,
    remarks: tuple[ErrorSeen, ...],
) -> list[Action]:
    """Return both ways to one CUDA, the toolkit's first; where the toolkit of *cuda* has to stay, torch follows it."""
    if cuda is None or not any(_STAYS.search(remark.text) for remark in remarks):
        return [*toolkit, *torch]
    text = (
        f"the toolkit stays: install your release of torch, and what goes with it, built for CUDA {cuda}, from "
        f"{index_of(cuda.tag)} (where it has none, the nearest release that has), then build again"
    )
    return [*(tuple(torch) or (fixes.by_hand(text),)), *toolkit]


def home_of(release: object, system: str | None) -> str:
    """Return where NVIDIA's installers put a toolkit of that release."""
    if system == "windows":
        return rf"C:\Program Files\NVIDIA GPU Computing Toolkit\CUDA\v{release}"
    return f"/usr/local/cuda-{release}"


def in_that_shell(system: str | None) -> Action:
    """Return how CUDA_HOME reaches a build that does not see the value that was set."""
    drops = "sudo and services drop what a shell exports"
    if system == "windows":
        drops = "PowerShell takes $env:CUDA_HOME = '…' and ignores cmd's set"
    return fixes.by_hand(
        "the build does not see the CUDA_HOME that was set: set it in the very shell that builds, look whether "
        f"bin/nvcc is in that folder, and compare its release with torch's CUDA ({drops})",
        "python -c \"import os, torch; print(os.environ.get('CUDA_HOME'), torch.version.cuda)\"",
    )


def that_knows(
    capability: str, row: Architecture | None, torch: CudaVersion | None, cures: Cures
) -> list[Action]:
    """Return another toolkit first: what is asked for is mostly the GPU's own, or the nearest that torch knows."""
    leave = fixes.by_hand("leave it out of TORCH_CUDA_ARCH_LIST, if no GPU of the machine needs it")
    target = ComputeCapability.parse(capability)
    own = [gpu.capability for gpu in cures.machine.gpus or () if gpu.capability]
    if own and not any(gpu.major == target.major and gpu >= target for gpu in own):
        return [leave]
    span = ""
    if row is not None:
        span = (
            f", {row.first_cuda} to {row.last_cuda}"
            if row.last_cuda
            else f", {row.first_cuda} or newer"
        )
    kit = fixes.by_hand(
        "see which nvcc compiles, and let CUDA_HOME and PATH name a toolkit of torch's CUDA (print(torch.version.cuda))"
        f"{span}; in a container, an image whose tag ends in -devel has one",
        "nvcc --version",
        'python -c "from torch.utils.cpp_extension import CUDA_HOME; print(CUDA_HOME)"',
    )
    too_old = row is not None and torch is not None and torch < CudaVersion.parse(row.first_cuda)
    return [*cures.another_build(), kit] if too_old else [kit, leave]
