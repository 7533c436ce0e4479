"""What of a fleet's answer every form says in the same words."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Fix
from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import listing, plural
from torch_doctor.render.view import fix_limits

if TYPE_CHECKING:
    from torch_doctor.fleet.answer import FleetAnswer, Group, Serving

EXITS = {
    0: "every node has a verdict, and none is broken",
    1: "a node is broken or has what --fail-on names, or was expected and is silent",
    2: "a node has no verdict, or what tells of it cannot be read",
}


def title(group: Group) -> str:
    """Return what a group has in common."""
    cause = f" ({group.cause})" if group.cause else ""
    return f"{group.code} {group.name}{cause}" if group.code else group.verdict


def counts(answer: FleetAnswer) -> str:
    """Return how many nodes there are of each verdict."""
    numbers: dict[str, int] = {}
    for group in answer.groups:
        numbers[group.verdict] = numbers.get(group.verdict, 0) + len(group.nodes)
    parts = [f"{number} {verdict}" for verdict, number in numbers.items()]
    parts += [f"{len(answer.silent)} silent"] if answer.silent else []
    parts += [f"{answer.unreadable_count} unreadable"] if answer.unreadable_count else []
    return listing(parts) or "nothing answered"


def last_line(answer: FleetAnswer) -> str:
    """Return the verdict on the fleet and what the exit code means."""
    made = f"{plural(answer.nodes, 'node')} in {plural(answer.states, 'state')}: {counts(answer)}"
    return f"{made} (exit code {answer.exit_code}: {EXITS[answer.exit_code]})"


def unsettled(group: Group) -> str:
    """Return what is not known of the rest of a group."""
    if group.verdict == "broken":
        return "no cure could be judged for these"
    return "what decides is not known"


def step(fix: Fix) -> str:
    """Return one step in words, with what it asks of who takes it."""
    limits = fix_limits(fix.scope, root=fix.needs_root, reboot=fix.needs_reboot)
    return f"{fix.text} ({limits})" if limits else fix.text


def serving(build: Serving, *, alone: bool) -> str:
    """Return whom a build serves and from which driver on."""
    whom = "one build serves all" if alone else "serves"
    driver = f", driver {build.min_driver} or newer" if build.min_driver else ""
    return f"{build.label} {'' if alone else whom + ' '}{plural(len(build.nodes), 'node')}{driver}"


def asides(answer: FleetAnswer) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield what is said beside the groups: a label, what it means, and the nodes."""
    explained = {name for one in answer.unanswered for name in one.nodes}
    for one in answer.unanswered:
        yield "silent", f"{one.reason}: {one.detail}", one.nodes
    if rest := tuple(name for name in answer.silent if name not in explained):
        yield "silent", f"of {answer.expected} expected, these did not answer", rest
    if answer.unexpected:
        yield "unexpected", "these answered, and the list does not name them", answer.unexpected
    if answer.repeated:
        yield "twice", "these answered more than once; the last answer holds", answer.repeated
    if answer.unserved:
        yield "no build", "no published build is known to serve these", answer.unserved
