"""What the TOML files of project managers share: what a project asks for, for which Pythons, and the second step."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.recommendation.emit.pip import BUILD_TOOLS, quoted
from torch_doctor.recommendation.plans.plan import Plan


class Wanted(NamedTuple):
    """One dependency: *version* is exact, None where none is on record; *own* says that torch's own index serves it."""

    name: str
    version: str | None
    extra: str | None
    own: bool


def wanted(plan: Plan) -> Iterator[Wanted]:
    """Yield torch and what is installed with it."""
    own = plan.index_url is not None
    yield Wanted("torch", plan.requirements[0].partition("==")[2], None, own)
    for package in plan.companions:
        if package.origin != "source":
            from_torch = own and package.origin == "torch"
            yield Wanted(package.name, package.version, package.extra, from_torch)


def index_name(plan: Plan) -> str:
    """Return what torch's own index of this variant is called in a file."""
    return f"pytorch-{plan.variant}"


def pythons(plan: Plan) -> str | None:
    """Return the range of Pythons with a wheel: without it tools look for wheels that do not exist."""
    minors = [int(tag[3:].rstrip("mt")) for tag in plan.python if tag.startswith("cp3")]
    return f">=3.{min(minors)},<3.{max(minors) + 1}" if minors else None


def second_step(plan: Plan, install: str) -> str:
    """Return what is built against torch as a step of its own, in comments; nothing where nothing is."""
    if not plan.built:
        return ""
    return (
        "# then, against this torch:\n"
        f"#   {install} {' '.join(BUILD_TOOLS)}\n"
        f"#   {install} --no-build-isolation {quoted(plan.built)}\n"
    )
