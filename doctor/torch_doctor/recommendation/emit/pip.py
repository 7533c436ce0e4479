"""pip: the exact install command."""

from __future__ import annotations

from torch_doctor.recommendation.plans.plan import Plan


def emit(plan: Plan) -> str | None:
    """Return the command for pip."""
    if not plan.installable:
        return None
    return f"python -m pip install {arguments(plan)}"


def arguments(plan: Plan) -> str:
    """Return the requirements, and the index where the default one does not serve this build."""
    packages = " ".join(f'"{requirement}"' for requirement in plan.requirements)
    if plan.index_url is None:
        return packages
    option = "--extra-index-url" if plan.needs_default_index else "--index-url"
    return f"{packages} {option} {plan.index_url}"
