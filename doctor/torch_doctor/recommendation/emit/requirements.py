"""requirements.txt, for pip and uv: other lines of the file go on being looked for on the default index."""

from __future__ import annotations

from torch_doctor.recommendation.emit.tables import second_step
from torch_doctor.recommendation.plans.plan import Plan


def emit(plan: Plan) -> str | None:
    """Return the lines of a requirements file; what is built against torch stands in comments, as a second step."""
    if not plan.installable:
        return None
    lines = list(plan.requirements)
    if plan.index_url:
        # An exact variant is on torch's index alone. Without one, that index must be the only one.
        option = "--extra-index-url" if "+" in plan.requirements[0] else "--index-url"
        lines.insert(0, f"{option} {plan.index_url}")
    return "\n".join((*lines, "")) + second_step(plan, "python -m pip install")
