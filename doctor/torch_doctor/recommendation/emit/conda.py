"""conda: only releases that the pytorch channel still serves."""

from __future__ import annotations

from torch_doctor.recommendation.plans.plan import Plan


def emit(plan: Plan) -> str | None:
    """Return the command for conda, or None where its channel ended before this release."""
    if not plan.conda or plan.cuda is None:
        return None
    family = [
        f"{package.name}={package.version}" for package in plan.companions if package.in_family
    ]
    packages = " ".join((f"pytorch={plan.torch}", *family, f"pytorch-cuda={plan.cuda}"))
    return f"conda install {packages} -c pytorch -c nvidia"
