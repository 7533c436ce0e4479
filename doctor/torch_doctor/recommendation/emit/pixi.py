"""pixi.toml: Python from conda-forge, torch as its wheel; each package names its index, other lines keep theirs."""

from __future__ import annotations

from torch_doctor.recommendation.emit.tables import Wanted, pythons, second_step, wanted
from torch_doctor.recommendation.plans.plan import Plan

_PLATFORMS = {
    "linux-x86_64": "linux-64",
    "linux-aarch64": "linux-aarch64",
    "windows-x86_64": "win-64",
}
# What pixi takes a Linux to have unless it is told.
_GLIBC = (2, 28)


def emit(plan: Plan) -> str | None:
    """Return the workspace; what is built against torch stands in comments."""
    if not plan.installable:
        return None
    platform = _PLATFORMS[plan.platform]
    lines = ["[workspace]", 'name = "torch-project"', 'channels = ["conda-forge"]']
    lines.append(f'platforms = ["{platform}"]')
    if plan.glibc and tuple(map(int, plan.glibc.split("."))) > _GLIBC:
        lines += [
            "",
            "[system-requirements]",
            f'libc = {{ family = "glibc", version = "{plan.glibc}" }}',
        ]
    lines += ["", "[dependencies]", f'python = "{pythons(plan) or "*"}"']
    if plan.built:
        lines.append('pip = "*"')
    lines += ["", "[pypi-dependencies]"]
    lines += [f"{one.name} = {_value(one, plan)}" for one in wanted(plan)]
    step = second_step(plan, "pixi run python -m pip install")
    return "\n".join((*lines, "")) + (f"\n{step}" if step else "")


def _value(one: Wanted, plan: Plan) -> str:
    version = f"=={one.version}" if one.version else "*"
    if not one.extra and not one.own:
        return f'"{version}"'
    extras = f', extras = ["{one.extra}"]' if one.extra else ""
    own = f', index = "{plan.index_url}"' if one.own else ""
    return f'{{ version = "{version}"{extras}{own} }}'
