"""pyproject.toml for uv: torch and its family from their own index, everything else from the default one."""

from __future__ import annotations

from torch_doctor.recommendation.emit.pip import BUILD_TOOLS
from torch_doctor.recommendation.emit.tables import index_name, pythons, wanted
from torch_doctor.recommendation.plans.plan import Plan


def emit(plan: Plan) -> str | None:
    """Return a whole pyproject.toml that brings this build; name and version are for the user to change."""
    if not plan.installable:
        return None
    listed = (*plan.requirements, *plan.built)
    lines = "".join(f'    "{requirement}",\n' for requirement in listed)
    range_ = pythons(plan)
    requires = f'requires-python = "{range_}"\n' if range_ else ""
    head = f'[project]\nname = "torch-project"\nversion = "0.1.0"\n{requires}'
    text = f"{head}dependencies = [\n{lines}]\n{_build(plan)}"
    if plan.index_url is None:
        return text
    name = index_name(plan)
    sources = "".join(f'{one.name} = {{ index = "{name}" }}\n' for one in wanted(plan) if one.own)
    return (
        f'{text}\n[[tool.uv.index]]\nname = "{name}"\nurl = "{plan.index_url}"\nexplicit = true\n'
        f"\n[tool.uv.sources]\n{sources}"
    )


def _build(plan: Plan) -> str:
    """What is built against torch needs it while it is built: the torch that the project takes."""
    if not plan.built:
        return ""
    names = (package.name for package in plan.companions if package.origin == "source")
    torch = '{ requirement = "torch", match-runtime = true }'
    tools = ", ".join(f'"{tool}"' for tool in BUILD_TOOLS)
    lines = "".join(f"{name} = [{torch}, {tools}]\n" for name in names)
    return f"\n[tool.uv.extra-build-dependencies]\n{lines}"
