"""requirements.txt, for pip and uv."""

from __future__ import annotations

from torch_doctor.recommendation.plans.plan import Plan


def emit(plan: Plan) -> str | None:
    """Return the lines of a requirements file."""
    if not plan.installable:
        return None
    option = "--extra-index-url" if plan.needs_default_index else "--index-url"
    index = (f"{option} {plan.index_url}",) if plan.index_url else ()
    return "\n".join((*index, *plan.requirements)) + "\n"
