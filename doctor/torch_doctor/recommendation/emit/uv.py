"""uv pip: the exact install commands."""

from __future__ import annotations

from torch_doctor.recommendation.emit.pip import commands
from torch_doctor.recommendation.plans.plan import Plan

# uv takes a package from the first index that has it, whatever the version; pip looks at all of them.
_EVERY_INDEX = "--index-strategy unsafe-best-match"


def emit(plan: Plan) -> str | None:
    """Return the commands for uv."""
    if not plan.installable:
        return None
    return "\n".join(commands(plan, "uv pip install", _EVERY_INDEX))
