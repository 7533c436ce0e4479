"""conda: releases that the pytorch channel had while it went on, and those that conda-forge builds for that CUDA."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.recommendation.emit.pip import quoted
from torch_doctor.recommendation.plans.plan import Plan

# conda-forge builds them beside torch; which release goes with which torch, its solver knows.
_ON_CONDA_FORGE = ("torchvision", "torchaudio")


def emit(plan: Plan) -> str | None:
    """Return the command for conda, or None where no channel is on record as having all that the plan has."""
    if plan.conda is None or plan.cuda is None:
        return None
    if plan.conda == "conda-forge":
        if any(package.name not in _ON_CONDA_FORGE for package in plan.companions):
            return None
        return f"conda install -c conda-forge {quoted(tuple(_of_conda_forge(plan)))}"
    if not all(package.in_family for package in plan.companions):
        return None
    family = [f"{package.name}={package.version}" for package in plan.companions]
    packages = " ".join((f"pytorch={plan.torch}", *family, f"pytorch-cuda={plan.cuda}"))
    return f"conda install {packages} -c pytorch -c nvidia"


def _of_conda_forge(plan: Plan) -> Iterator[str]:
    """pytorch-gpu is the build with CUDA, cuda-version says which one."""
    yield f"pytorch-gpu={plan.torch}"
    yield from (package.name for package in plan.companions)
    yield f"cuda-version={plan.cuda}"
