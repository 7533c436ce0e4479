"""Builds for the CPU in surroundings that are made for GPUs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.linter.evaluate.includes import completed
from torch_doctor.linter.project import LintProject, Setup, built_by, setup_of
from torch_doctor.linter.record import UNKNOWN, EnvStep, Flaw, InstallStep, RunStep
from torch_doctor.matrix.store import receipt

PROBLEMS = {
    "cpu-build-on-gpu-target": "A build for the CPU is installed where GPUs are to be used."
}
_CUDA_BASES = ("nvidia/cuda", "nvcr.io/nvidia/cuda")
_SAYS_GPU = r"torch\.cuda\.is_available\(\)|nvidia-smi"


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield them where an image, cog, a runner or pixi says that GPUs are meant."""
    for setup in project.setups:
        gpu_image = (
            setup.base is not None
            and setup.base.repository in _CUDA_BASES
            and bool(setup.base.cuda)
        )
        cog = any("on-gpus" in step.flags for step in setup.steps)
        if gpu_image or cog or _runner_has_gpus(setup):
            yield from _chosen(setup)
        if gpu_image:
            yield from _cpuonly(setup)
        if setup.environment.kind == "pixi":
            yield from _undeclared(setup)
    for setup in _asked_for_gpus(project):
        yield from _chosen(setup)


def _asked_for_gpus(project: LintProject) -> Iterator[Setup]:
    """Yield what is built for workloads that ask for GPUs and show them: the stage that is named, else the last."""
    for one in project.workloads:
        hidden = any(step.name == "CUDA_VISIBLE_DEVICES" for step in one.env)
        if one.request is None or one.request.invalid or hidden or UNKNOWN in one.target:
            continue
        made = built_by(one, project.files)
        stages = made.environments if made is not None else ()
        meant = [stage for stage in stages if stage.name == one.target.lower()] or stages
        if meant:
            yield setup_of(completed(meant[-1], project.files), project.matrix)


def _runner_has_gpus(setup: Setup) -> bool:
    steps = [step for step in setup.environment.steps if isinstance(step, RunStep)]
    labels = next((step.words[1:] for step in steps if step.words[:1] == ("runs-on",)), ())
    if not any(re.search(r"(?:^|[-_])gpu(?:$|[-_])", label) for label in labels):
        return False
    return any(
        "assert" in " ".join(s.words) and re.search(_SAYS_GPU, " ".join(s.words)) for s in steps
    )


def _chosen(setup: Setup) -> Iterator[Flaw]:
    hidden = any(
        isinstance(s, EnvStep) and s.name == "CUDA_VISIBLE_DEVICES" and s.value in ("", "-1")
        for s in setup.environment.all_steps
    )
    for chosen in setup.chosen:
        if (
            chosen.variant != "cpu"
            or chosen.step.conditional
            or hidden
            or chosen is not setup.effective
        ):
            continue
        because = (receipt("torch_builds", chosen.row),) if chosen.row else ()
        spot = chosen.place.spot if chosen.place else chosen.requirement.spot
        message = (
            "this is a build for the CPU, and what it goes into is made for GPUs: it uses none"
        )
        fix = "take a build for CUDA"
        severity = Severity.ERROR if setup.environment.kind == "workflow" else Severity.WARNING
        yield Flaw("cpu-build-on-gpu-target", severity, spot, message, fix, because)


def _cpuonly(setup: Setup) -> Iterator[Flaw]:
    for step in setup.steps:
        for one in step.asks_for("cpuonly") if step.tool == "conda" else ():
            message = (
                "cpuonly makes conda choose builds for the CPU, and the image is made for GPUs"
            )
            yield Flaw(
                "cpu-build-on-gpu-target", Severity.WARNING, one.spot, message, "take it out"
            )


def _undeclared(setup: Setup) -> Iterator[Flaw]:
    """Pixi chooses builds for CUDA only where the workspace says that there is a CUDA."""
    for step in setup.environment.steps:
        if not isinstance(step, InstallStep) or "declares-cuda" in step.flags:
            continue
        for one in step.asks_for("pytorch-gpu"):
            message = "nothing says that machines have CUDA: pixi assumes none, and finds no build for GPUs"
            fix = 'add cuda = "12" to [system-requirements]'
            yield Flaw("cpu-build-on-gpu-target", Severity.WARNING, one.spot, message, fix)
