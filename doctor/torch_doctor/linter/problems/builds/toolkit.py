"""Compiling in images: no compiler, another CUDA than torch's, or GPUs that the toolkit does not know."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.version import CudaVersion
from torch_doctor.linter.problems.builds.isolation import built_from_source
from torch_doctor.linter.project import LintProject, Setup
from torch_doctor.linter.record import UNKNOWN, AnyStep, EnvStep, Flaw, InstallStep, RunStep
from torch_doctor.linter.text import Spot
from torch_doctor.matrix.builds.systems import SourceBuild
from torch_doctor.matrix.images.names import Base
from torch_doctor.matrix.store import Matrix, receipt

PROBLEMS = {
    "nvcc-missing-for-build": "CUDA code is compiled in an image without a compiler for it.",
    "toolkit-major-differs": "Extensions are compiled with another CUDA major than torch was built for.",
    "arch-not-in-toolkit": "Code is asked for a GPU that the toolkit of the image does not know.",
}
# What these are given is text for others, or text to be taken out.
_WRITE = frozenset({"sed", "echo", "printf", "grep", "awk", "perl", "cat"})
_BRINGS = r"cuda-toolkit|cuda-nvcc|cuda-compiler|nvidia-cuda-toolkit|cuda-minimal-build|cuda_\d+.*\.run|cuda-dev"


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield what a compiler of CUDA refuses, or is not there for."""
    for setup in project.setups:
        if setup.environment.kind != "dockerfile" or setup.base is None:
            continue
        builds = tuple(_builds(setup, project.matrix))
        yield from _compiler(setup, setup.base, builds, project.matrix)
        yield from _majors(setup, setup.base, builds)
        yield from _targets(setup, setup.base, project.matrix, compiles=bool(builds))


def _builds(setup: Setup, matrix: Matrix) -> Iterator[tuple[str, Spot, bool]]:
    """Yield what is compiled: its name, its place, and whether ready-made wheels may spare the compiler."""
    for step in setup.environment.steps:
        if isinstance(step, InstallStep) and step.tool in ("pip", "uv"):
            if "compiles-cuda" in step.flags:
                yield "the CUDA code of this project", step.spot, False
            for one in setup.wanted(step):
                row = built_from_source(one, matrix.source_builds)
                if row is None or (row.wheels and step.links):
                    continue
                if not row.cuda_by or _asks_for_cuda(step, row):
                    yield row.package, one.spot, row.wheels and not one.url
        elif isinstance(step, RunStep):
            words = [word.rpartition("/")[2] for word in step.words]
            if words[:1] == ["nvcc"] and "--version" not in words and "-V" not in words:
                yield "nvcc", step.spot, False


def _asks_for_cuda(step: InstallStep, row: SourceBuild) -> bool:
    return any(word in flag for word in row.cuda_by or () for flag in step.flags)


def _has_toolkit(setup: Setup) -> bool:
    for step in setup.environment.all_steps:
        if isinstance(step, RunStep) and re.search(_BRINGS, " ".join(step.words)):
            return True
        if (
            isinstance(step, RunStep)
            and step.words[:1] == ("COPY",)
            and "cuda" in " ".join(step.words)
        ):
            return True
        if isinstance(step, InstallStep) and step.tool == "conda":
            return any(
                re.search(_BRINGS, one.name) or "cuda" in one.name for one in step.requirements
            )
    return False


def _compiler(
    setup: Setup, base: Base, builds: tuple[tuple[str, Spot, bool], ...], matrix: Matrix
) -> Iterator[Flaw]:
    plain = base.repository in ("python", "ubuntu", "debian", "rockylinux") and base.image is None
    if not (base.kind in ("runtime", "base") or plain) or _has_toolkit(setup):
        return
    if base.repository == "pytorch/pytorch" and base.kind != "runtime":
        return
    because = (receipt("images", base.image),) if base.image else ()
    for name, spot, spared in builds:
        message = f"{name} is compiled here, and {base.repository}:{base.tag} has no nvcc"
        if spared:
            message += ": unless its makers have a wheel for just this torch, CUDA and Python, the build fails"
        fix = "build in a devel image and copy the wheel, or name a wheel by its address"
        severity = Severity.WARNING if spared else Severity.ERROR
        yield Flaw("nvcc-missing-for-build", severity, spot, message, fix, because)
    yield from _without_cuda(setup, base, matrix) if base.cuda else ()


def _without_cuda(setup: Setup, base: Base, matrix: Matrix) -> Iterator[Flaw]:
    """Yield what is built without its code for GPUs, because there is no nvcc and nothing asks for that code."""
    for step in setup.steps:
        for one in setup.wanted(step) if step.tool in ("pip", "uv") else ():
            row = built_from_source(one, matrix.source_builds)
            if row is None or not row.cuda_by or (row.wheels and step.links):
                continue
            if not _asks_for_cuda(step, row):
                message = f"{row.package} is built without its CUDA code: {base.repository}:{base.tag} has no nvcc"
                fix = "build in a devel image and copy the wheel, or name a wheel by its address"
                because = (receipt("source_builds", row),)
                yield Flaw(
                    "nvcc-missing-for-build", Severity.WARNING, one.spot, message, fix, because
                )


def _majors(setup: Setup, base: Base, builds: tuple[tuple[str, Spot, bool], ...]) -> Iterator[Flaw]:
    if base.kind != "devel" or not base.cuda or not builds or _has_toolkit(setup):
        return
    toolkit = CudaVersion.parse(base.cuda)
    for chosen in (setup.effective,):
        if chosen is None or not chosen.variant.startswith("cu"):
            continue
        torch = CudaVersion.from_tag(chosen.variant)
        if torch.major == toolkit.major:
            continue
        because = (receipt("torch_builds", chosen.row),) if chosen.row else ()
        message = (
            f"{builds[0][0]} is compiled with the CUDA {toolkit} of the image, and torch is built for CUDA {torch}: "
            "torch refuses to build extensions across majors"
        )
        fix = "start from an image of the same major, or take torch for this one"
        yield Flaw(
            "toolkit-major-differs", Severity.ERROR, chosen.requirement.spot, message, fix, because
        )


def _targets(setup: Setup, base: Base, matrix: Matrix, *, compiles: bool) -> Iterator[Flaw]:
    """Yield GPUs that the toolkit does not know; a list that only a build of its own reads may be cut down there."""
    if not base.cuda or base.kind not in ("devel", "runtime") or _has_toolkit(setup):
        return
    toolkit = CudaVersion.parse(base.cuda)
    for text, spot, sure in _asked(setup.environment.steps):
        severity = Severity.ERROR if sure or compiles else Severity.WARNING
        also = "" if severity is Severity.ERROR else ", at which torch's own builder fails"
        for row in matrix.architectures:
            if row.capability not in _capabilities(text):
                continue
            first = CudaVersion.parse(row.first_cuda) if row.first_cuda else None
            last = CudaVersion.parse(row.last_cuda) if row.last_cuda else None
            because = (receipt("architectures", row),)
            if first is not None and toolkit < first:
                message = f"CUDA {toolkit} compiles no code for {row.capability}: that begins with CUDA {first}{also}"
                fix = f"start from an image of CUDA {first} or newer, or leave {row.capability} out"
                yield Flaw("arch-not-in-toolkit", severity, spot, message, fix, because)
            elif last is not None and last.major < toolkit.major:
                message = f"CUDA {toolkit} compiles no code for {row.capability} any more: its last was {last}{also}"
                fix = f"start from an image of CUDA {last}, or leave {row.capability} out"
                yield Flaw("arch-not-in-toolkit", severity, spot, message, fix, because)


def _asked(steps: tuple[AnyStep, ...]) -> Iterator[tuple[str, Spot, bool]]:
    """Yield the lists of GPUs, and whether the compiler itself is given one."""
    for step in steps:
        if isinstance(step, EnvStep) and step.name in (
            "TORCH_CUDA_ARCH_LIST",
            "CUDAARCHS",
            "CMAKE_CUDA_ARCHITECTURES",
        ):
            if UNKNOWN not in step.value:
                yield step.value, step.spot, step.name != "TORCH_CUDA_ARCH_LIST"
        elif isinstance(step, RunStep) and step.words[0] not in _WRITE:
            for word in step.words:
                if match := re.search(
                    r"CMAKE_CUDA_ARCHITECTURES(?::\w+)?=(.+)|arch=(?:compute|sm)_(\d+)", word
                ):
                    yield match[1] or match[2], step.spot, True


def _capabilities(text: str) -> set[str]:
    """Return the capabilities of a list as torch or CMake write it: ``8.0;9.0+PTX``, ``80 90a``."""
    found = set()
    for word in re.split(r"[;,\s\"']+", text):
        match = re.fullmatch(r"(\d{1,2})\.?(\d)[af]?(?:\+PTX|-real|-virtual)?", word)
        if match is not None:
            found.add(f"{match[1]}.{match[2]}")
    return found
