"""pyproject.toml for Poetry: torch and its family from a source of their own, everything else from the default one."""

from __future__ import annotations

from torch_doctor.recommendation.emit.tables import (
    Wanted,
    index_name,
    pythons,
    second_step,
    wanted,
)
from torch_doctor.recommendation.plans.plan import Plan


def emit(plan: Plan) -> str | None:
    """Return the tables of a project that is no package; what is built against torch stands in comments."""
    if not plan.installable:
        return None
    source = index_name(plan)
    range_ = pythons(plan)
    lines = [f'python = "{range_}"'] if range_ else []
    lines += [f"{one.name} = {_value(one, source)}" for one in wanted(plan)]
    text = "\n".join(
        ("[tool.poetry]", "package-mode = false", "", "[tool.poetry.dependencies]", *lines, "")
    )
    if plan.index_url:
        text += f'\n[[tool.poetry.source]]\nname = "{source}"\nurl = "{plan.index_url}"\npriority = "explicit"\n'
    step = second_step(plan, "poetry run python -m pip install")
    return f"{text}\n{step}" if step else text


def _value(one: Wanted, source: str) -> str:
    version = f"=={one.version}" if one.version else "*"
    if not one.extra and not one.own:
        return f'"{version}"'
    extras = f', extras = ["{one.extra}"]' if one.extra else ""
    own = f', source = "{source}"' if one.own else ""
    return f'{{ version = "{version}"{extras}{own} }}'
