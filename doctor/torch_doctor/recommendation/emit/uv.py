"""uv pip: the exact install command."""

from __future__ import annotations

from torch_doctor.recommendation.emit.pip import arguments
from torch_doctor.recommendation.plans.plan import Plan


def emit(plan: Plan) -> str | None:
    """Return the command for uv."""
    return f"uv pip install {arguments(plan)}" if plan.installable else None
