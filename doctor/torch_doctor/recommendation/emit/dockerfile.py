"""Dockerfile: FROM the image that has this build."""

from __future__ import annotations

from torch_doctor.recommendation.plans.plan import Plan


def emit(plan: Plan) -> str | None:
    """Return the Dockerfile, or None where no image of this build is on record."""
    if plan.image is None:
        return None
    others = [package.requirement for package in plan.companions if not package.in_family]
    lines = [f"FROM {plan.image}"]
    if others:
        # The image's own torch is pinned, or pip could replace it by the build of the default index.
        wanted = " ".join(f'"{requirement}"' for requirement in (*others, f"torch=={plan.torch}"))
        lines.append(f"RUN python -m pip install --no-cache-dir {wanted}")
    return "\n".join(lines) + "\n"
