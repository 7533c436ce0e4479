"""pyproject.toml for uv: torch and its family from their own index, everything else from the default one."""

from __future__ import annotations

from doctor.recommend.plan import Plan


def emit(plan: Plan) -> str | None:
    """Return the parts of a pyproject.toml that bring this build."""
    if not plan.installable:
        return None
    wanted = "".join(f'    "{requirement}",\n' for requirement in plan.requirements)
    text = f"[project]\ndependencies = [\n{wanted}]\n"
    if plan.index_url is None:
        return text
    name = f"pytorch-{plan.variant}"
    family = ("torch", *(package.name for package in plan.companions if package.in_family))
    sources = "".join(f'{package} = {{ index = "{name}" }}\n' for package in family)
    return (
        f'{text}\n[[tool.uv.index]]\nname = "{name}"\nurl = "{plan.index_url}"\nexplicit = true\n'
        f"\n[tool.uv.sources]\n{sources}"
    )
