"""The answer of recommend as lines: the plan, its command and image, what to know, and why not the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import listing, one_line, plural
from torch_doctor.render.text.line import Line, Segment, command, labelled, text

if TYPE_CHECKING:
    from torch_doctor.recommendation.answer import Answer
    from torch_doctor.recommendation.plans.plan import Change, Plan
    from torch_doctor.recommendation.solving.grouping import RejectedBuilds

_HANG = 10
_FEW = 4


def lines(
    answer: Answer,
    rejected: Iterable[RejectedBuilds],
    undecided: Iterable[RejectedBuilds],
    *,
    verbose: bool = False,
) -> Iterator[Line]:
    """Return the answer as lines; *rejected* and *undecided* are its builds that do not serve, grouped by reason."""
    yield text(Segment(_question(answer), "bold"))
    for note in answer.constraints.notes:
        yield _item("note", note)
    yield Line()
    if answer.plans:
        yield from _plan(answer.plans[0], verbose=verbose)
        yield from _ladder(answer)
        yield from _others(answer)
    else:
        yield text(Segment(_nothing(answer), "error"), hang=2)
    title = "Why not the others" if verbose or not answer.accepted else "Why not a newer one"
    yield from _groups(title if answer.plans else "Why not", list(rejected), verbose=verbose)
    yield from _groups("Not known", list(undecided), verbose=verbose)
    yield from _relaxations(answer)


def _question(answer: Answer) -> str:
    parts = []
    for host, machine in zip(answer.hosts, answer.machines, strict=True):
        gpus = listing(_counted([gpu.name.removeprefix("NVIDIA ") for gpu in machine.gpus or ()]))
        driver = f"driver {machine.driver}" if machine.driver else "any driver"
        name = "" if host.described else f"{host.name}: "
        parts.append(f"{name}{gpus}, {driver}, {machine.platform} {machine.arch}")
    return one_line("; ".join(parts), 2000)


def _counted(names: list[str]) -> list[str]:
    counts = {name: names.count(name) for name in names}
    return [name if count == 1 else f"{count}× {name}" for name, count in counts.items()]


def _plan(plan: Plan, *, verbose: bool) -> Iterator[Line]:
    yield text(Segment(plan.label, "ok"), f": {plan.why}", hang=2)
    install = plan.commands.get("pip")
    if install:
        yield from command(install, 2)
    if plan.python:
        yield _field(
            "Python", ", ".join(f"{tag[2]}.{tag[3:]}" for tag in plan.python if tag[:2] == "cp")
        )
    if plan.min_driver:
        yield _field("driver", f"{plan.min_driver} or newer")
    yield from _image(plan)
    yield from _libraries(plan)
    for package in plan.companions:
        yield _field("with", package.requirement)
        for rule in package.rules if verbose else ():
            yield text(one_line(rule), indent=_HANG, hang=_HANG + 2)
    for change in plan.changes:
        yield from _change(change)
    for note in plan.notes:
        yield _item("note", note)


def _image(plan: Plan, indent: int = 2) -> Iterator[Line]:
    """The image of the build, or of the nearest one that has one."""
    if plan.image:
        yield _field("image", f"{plan.image} ({plan.image_status})", indent)
    elif plan.imaged:
        other = plan.imaged
        holds = f"{other.image} ({other.image_status}), with {other.label}: {other.why}"
        yield _field("image", holds, indent)


def _libraries(plan: Plan, indent: int = 2) -> Iterator[Line]:
    own = (("cuDNN", plan.cudnn), ("NCCL", plan.nccl))
    versions = [f"{name} {version}" for name, version in own if version]
    if versions:
        yield _field("brings", ", ".join(versions), indent)


def _ladder(answer: Answer) -> Iterator[Line]:
    """What to take by driver; one step alone says no more than the plan itself."""
    if len(answer.ladder) < 2:
        return
    yield Line()
    yield text(Segment("By the driver that is there", "bold"), " (nvidia-smi shows it)")
    for step in answer.ladder:
        plan = step.plan
        bound = f", older than {step.below}" if step.below else ""
        yield text(
            f"{plan.min_driver} or newer{bound}: ", Segment(plan.label, "ok"), indent=2, hang=4
        )
        if step.below is None:
            continue  # that is the plan above
        install = plan.commands.get("pip")
        yield from command(install, 4) if install else ()
        yield from _image(plan, indent=4)
        yield from _libraries(plan, indent=4)
        for words in step.unlisted:
            yield labelled((Segment("-", "note"),), one_line(words), indent=4, hang=6)


def _change(change: Change) -> Iterator[Line]:
    needs = [
        word
        for word, needed in (("root", change.needs_root), ("a reboot", change.needs_reboot))
        if needed
    ]
    asks = f" (needs {listing(needs)})" if needs else ""
    yield _field("change", f"{change.host}: {one_line(change.text)}{asks}")
    for words in change.commands:
        yield from command(words, _HANG + 2)


def _others(answer: Answer) -> Iterator[Line]:
    rest = len(answer.accepted) - 1
    also = [f"{plan.torch}+{plan.variant}" for plan in answer.plans[1:]]
    if rest > 0 and also:
        more = f" and {rest - len(also)} more" if rest > len(also) else ""
        yield Line()
        yield text(f"Also runs: {', '.join(also)}{more}.", hang=2)


def _nothing(answer: Answer) -> str:
    if answer.undecided:
        return "No published build of torch is known to serve this; some could not be decided."
    return "No published build of torch serves this."


def _groups(title: str, groups: list[RejectedBuilds], *, verbose: bool) -> Iterator[Line]:
    wanted = [group for group in groups if verbose or not group.kind.endswith("not-asked-for")]
    groups = wanted or groups
    if not groups:
        return
    yield Line()
    yield text(Segment(title, "bold"))
    shown = groups if verbose else [*groups[:_FEW], *_nearest(groups)]
    for group in shown:
        builds = f"all {group.size} builds" if group.every else f"torch {group.builds}"
        yield text(f"{group.brief}: ", Segment(builds, "dim"), indent=2, hang=4)
    if len(groups) > len(shown):
        yield text(
            f"{plural(len(groups) - len(shown), 'more reason')}; -v shows them", indent=2, hang=4
        )


def _nearest(groups: list[RejectedBuilds]) -> list[RejectedBuilds]:
    """What stands against a package beside the newest torch that it goes with, where greater groups hide it."""
    beside = [one for one in groups if one.kind == "companion-missing"]
    nearest = max(beside, key=lambda one: one.newest, default=None)
    return [nearest] if nearest in groups[_FEW:] else []


def _relaxations(answer: Answer) -> Iterator[Line]:
    if not answer.relaxations:
        return
    yield Line()
    title = "What would bring a newer one" if answer.plans else "What would help, cheapest first"
    yield text(Segment(title, "bold"))
    for step in answer.relaxations:
        yield text(f"{step.text}: {step.unlocks}", indent=2, hang=4)


def _field(label: str, words: str, indent: int = 2) -> Line:
    return labelled((Segment(label, "dim"),), one_line(words), indent=indent, hang=indent + 8)


def _item(style: str, words: str) -> Line:
    return labelled((Segment("-", style),), one_line(words), indent=2, hang=4)
