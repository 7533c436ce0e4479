"""Dockerfile: FROM the image that has this build, and what the image lacks."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.recommendation.emit.pip import BUILD_TOOLS, quoted
from torch_doctor.recommendation.plans.plan import Plan

# From this release on the image's Python is Debian's, which refuses pip unless told otherwise (PEP 668).
_MANAGED = (2, 12)
_INSTALL = "RUN python3 -m pip install --no-cache-dir"


def emit(plan: Plan) -> str | None:
    """Return the Dockerfile, or None where no image of this build is on record."""
    return None if plan.image is None else "\n".join((f"FROM {plan.image}", *_lines(plan), ""))


def _lines(plan: Plan) -> Iterator[str]:
    along = [p for p in plan.companions if not p.in_family and p.origin != "source"]
    if not along and not plan.built:
        return
    if plan.origin == "pytorch" and tuple(map(int, plan.torch.split(".")[:2])) >= _MANAGED:
        yield "ENV PIP_BREAK_SYSTEM_PACKAGES=1"
    if along:
        # The image's own torch is pinned, or pip could replace it by the build of the default index.
        wanted = (*(package.requirement for package in along), f"torch=={plan.torch}")
        yield f"{_INSTALL} {quoted(wanted)}"
    if plan.built:
        yield f"{_INSTALL} {' '.join(BUILD_TOOLS)}"
        if plan.forces_cuda:
            yield "ENV FORCE_CUDA=1"
        yield f"{_INSTALL} --no-build-isolation {quoted(plan.built)}"
