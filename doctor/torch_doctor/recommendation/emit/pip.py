"""pip: the exact install commands; what is built against torch comes in a second one."""

from __future__ import annotations

from torch_doctor.recommendation.plans.plan import Plan

# What the builds of extensions import, which --no-build-isolation does not bring.
BUILD_TOOLS = ("setuptools", "wheel", "packaging", "psutil", "ninja")


def emit(plan: Plan) -> str | None:
    """Return the commands for pip."""
    return "\n".join(commands(plan, "python -m pip install")) if plan.installable else None


def commands(plan: Plan, install: str, best_match: str = "") -> tuple[str, ...]:
    """Return what *install* must be called with, call by call; *best_match* has it look at every index."""
    first = f"{install} {arguments(plan)}"
    if plan.index_url and plan.needs_default_index and best_match:
        first += f" {best_match}"
    if not plan.built:
        return (first,)
    return (
        first,
        f"{install} {' '.join(BUILD_TOOLS)}",
        f"{install} --no-build-isolation {quoted(plan.built)}",
    )


def arguments(plan: Plan) -> str:
    """Return the requirements, and the index where the default one does not serve this build."""
    if plan.index_url is None:
        return quoted(plan.requirements)
    option = "--extra-index-url" if plan.needs_default_index else "--index-url"
    return f"{quoted(plan.requirements)} {option} {plan.index_url}"


def quoted(requirements: tuple[str, ...]) -> str:
    """Return requirements as words of a shell."""
    return " ".join(f'"{requirement}"' for requirement in requirements)
