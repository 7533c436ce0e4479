"""Plans for people behind mirrors: every address and image of a plan is the one that they can reach, and it is said."""

from __future__ import annotations

from collections.abc import Iterable

from torch_doctor.core.fact import Facts
from torch_doctor.core.records import Mirror
from torch_doctor.fixes.mirrors import Mirrors, mirrored, mirrors_of, remarks_on
from torch_doctor.recommendation.plans.plan import Plan


def mirrors_for(hosts: Iterable[Facts], named: tuple[Mirror, ...]) -> Mirrors:
    """Return the mirrors of the first host that names one; *named* are those of the settings."""
    found = [mirrors_of(facts) for facts in hosts]
    first = next((one for one in found if one != Mirrors()), Mirrors())
    return first._replace(named=named or first.named)


def behind(plan: Plan, mirrors: Mirrors) -> Plan:
    """Return *plan* with its addresses, images and commands as *mirrors* have them."""
    commands = {target: mirrored(text, mirrors) for target, text in plan.commands.items()}
    changes = tuple(
        one._replace(
            text=mirrored(one.text, mirrors),
            commands=tuple(mirrored(command, mirrors) for command in one.commands),
        )
        for one in plan.changes
    )
    about_mirrors = remarks_on(
        "\n".join((plan.index_url or "", plan.image or "", *plan.commands.values())), mirrors
    )
    return plan._replace(
        index_url=plan.index_url and mirrored(plan.index_url, mirrors),
        image=plan.image and mirrored(plan.image, mirrors),
        imaged=plan.imaged and behind(plan.imaged, mirrors),
        commands=commands,
        changes=changes,
        notes=(*plan.notes, *about_mirrors),
    )
