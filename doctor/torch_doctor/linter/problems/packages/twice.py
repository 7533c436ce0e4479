"""torch that is installed more than once in one environment, or into an image that brings its own."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.linter.evaluate.chosen import Chosen, allows_version, choose, full, parsed
from torch_doctor.linter.project import AGAIN, LintProject, Setup
from torch_doctor.linter.record import UNKNOWN, Flaw, InstallStep, RunStep
from torch_doctor.matrix.builds.query import takes_python
from torch_doctor.matrix.builds.rows import Companion, CompanionBuild
from torch_doctor.matrix.rows import ImageRule
from torch_doctor.matrix.store import Matrix, receipt

PROBLEMS = {
    "torch-twice": "A later step replaces the torch that an earlier one installed.",
    "index-too-late": "An index is named for a torch that is installed already, so that nothing changes.",
    "ngc-torch-replaced": "A torch from an index replaces the one that NVIDIA built into the image.",
}
_APART = frozenset({"--target", "--prefix", "-t"})


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield steps that bring torch where it is."""
    for setup in project.setups:
        yield from _within(setup, project.matrix)
        yield from _pulled(setup, project.matrix)
        yield from _ngc(setup, project.matrix)


def _history(setup: Setup, matrix: Matrix) -> list[Chosen]:
    """The torch of each step, with those of the stages that this one goes on from."""
    before = [
        choose(step, one, setup.python_tag, setup.platform, matrix)
        for step in setup.environment.parent
        if isinstance(step, InstallStep)
        for one in setup.wanted(step)
        if one.name == "torch"
    ]
    return [*before, *setup.chosen]


def _within(setup: Setup, matrix: Matrix) -> Iterator[Flaw]:
    own = {id(one) for one in setup.chosen}
    earlier: Chosen | None = None
    for chosen in _history(setup, matrix):
        step = chosen.step
        if step.conditional or _APART & step.flags or step.tool not in ("pip", "uv"):
            continue
        if earlier is not None and id(chosen) in own and not _removed(earlier, chosen, setup):
            yield from _second(earlier, chosen)
        earlier = chosen


def _removed(earlier: Chosen, later: Chosen, setup: Setup) -> bool:
    """Whether a step between the two takes torch away."""
    steps = setup.environment.all_steps
    between = steps[steps.index(earlier.step) : steps.index(later.step)]
    return any(
        isinstance(step, RunStep) and {"uninstall", "torch"} <= set(step.words) for step in between
    )


def _exclude(one: str, other: str) -> bool:
    """Whether two pins exclude each other: 2.7.0 takes 2.7.0+cu128, too."""
    if not one or not other:
        return False
    (public, _, local), (public_too, _, local_too) = one.partition("+"), other.partition("+")
    return full(public) != full(public_too) or bool(local and local_too and local != local_too)


def _second(earlier: Chosen, chosen: Chosen) -> Iterator[Flaw]:
    before, now = earlier.requirement, chosen.requirement
    if UNKNOWN in before.specifier + now.specifier or before.marker or now.marker:
        return
    if earlier.step == chosen.step:
        if before.spot != now.spot and _exclude(before.pinned, now.pinned):
            message = f"torch is asked for as {before.pinned} and as {now.pinned}: pip refuses both"
            yield Flaw("torch-twice", Severity.ERROR, now.spot, message, "leave one of them")
        return
    if _exclude(before.pinned, now.pinned):
        message = f"this replaces torch {before.pinned} of line {before.spot.line} by {now.pinned}"
        fix = "install the one that is wanted, once"
        yield Flaw("torch-twice", Severity.WARNING, now.spot, message, fix)
        return
    named = chosen.step.main_index or next(iter(chosen.step.extra), None)
    again = AGAIN & chosen.step.flags or (
        chosen.step.tool == "uv" and "--upgrade" in chosen.step.flags
    )
    if (
        named is None
        or again
        or (now.pinned and "+" in now.pinned)
        or now.url
        or earlier.step.main_index == chosen.step.main_index
    ):
        return
    if earlier.variant and earlier.variant == chosen.variant:
        return
    if now.specifier and (
        earlier.row is None or not allows_version(now.specifier, earlier.row.torch)
    ):
        return  # what is there may not do
    message = f"torch is there since line {before.spot.line}: this index is not asked, and nothing changes"
    fix = "name the index where torch is first installed"
    yield Flaw("index-too-late", Severity.WARNING, named.spot, message, fix)


def _pulled(setup: Setup, matrix: Matrix) -> Iterator[Flaw]:
    """A companion brings its own torch in the place of the one that is there: the newest, or one that it pins."""
    there: Chosen | None = None
    for step in setup.steps:
        own = [one for one in setup.chosen if one.step == step]
        alone = not own and step.tool in ("pip", "uv") and not step.conditional
        alone = alone and not step.constraints and not (_APART | {"--no-deps"}) & step.flags
        if there is not None and there.row is not None and alone:
            yield from _older(there, there.row.torch, step, setup, matrix)
            if step.tool == "pip" and step.main_index is None and not step.extra:
                yield from _newest(there.row.torch, step, setup, matrix)
        there = own[-1] if own and not step.conditional else there


def _older(
    there: Chosen, torch: str, step: InstallStep, setup: Setup, matrix: Matrix
) -> Iterator[Flaw]:
    """A companion whose pinned release requires another torch than the one that a step before pinned."""
    for one in setup.wanted(step) if there.requirement.pinned else ():
        public = one.pinned.partition("+")[0]
        rows = matrix.select(Companion, package=one.name, version=full(public)) if public else ()
        for row in rows if not one.url else ():
            if row.pinned and row.torch and not allows_version(row.torch, torch):
                message = (
                    f"{one.name} {row.version} requires torch {row.torch}: "
                    f"{step.tool} replaces torch {torch} of line {there.requirement.spot.line}"
                )
                fix = f"install {one.name} in the same step as torch, in the release that goes with it"
                because = (receipt("companions", row),)
                yield Flaw("torch-twice", Severity.WARNING, one.spot, message, fix, because)


def _newest(torch: str, step: InstallStep, setup: Setup, matrix: Matrix) -> Iterator[Flaw]:
    """A companion without a pin: pip takes its newest release, and the torch that its metadata asks for."""
    for one in setup.wanted(step):
        if one.specifier or one.url or one.source or one.name == "torch":
            continue
        builds = [
            row
            for row in matrix.select(CompanionBuild, package=one.name)
            if row.platform in (setup.platform, "any") and _installs(row, setup)
        ]
        newest = max(builds, key=lambda row: parsed(row.version), default=None)
        if newest is None or newest.extra or not newest.torch:
            continue
        if not allows_version(newest.torch, torch):
            message = (
                f"{one.name} without a pin is {newest.version}, which goes with torch {newest.torch}: "
                f"pip replaces torch {torch}"
            )
            fix = f"install {one.name} in the same step as torch, or pin it"
            because = (receipt("companion_builds", newest),)
            yield Flaw("torch-twice", Severity.WARNING, one.spot, message, fix, because)


def _installs(build: CompanionBuild, setup: Setup) -> bool:
    """Whether pip takes a build for the Python that is there, as far as both are known."""
    if not setup.python:
        return True
    asked = build.requires_python
    fits = asked is None or allows_version(asked, full(setup.python))
    return fits and takes_python(build, setup.python_tag)


def _ngc(setup: Setup, matrix: Matrix) -> Iterator[Flaw]:
    if setup.base is None or setup.base.repository != "nvcr.io/nvidia/pytorch":
        return
    rules = [r for r in matrix.select(ImageRule, family="ngc") if "constraint.txt" in r.fact]
    because = tuple(receipt("image_rules", row) for row in rules)
    for chosen in setup.chosen:
        if _APART & chosen.step.flags:
            continue
        one = chosen.requirement
        replaces = one.pinned or one.url or AGAIN & chosen.step.flags or chosen.step.main_index
        if not replaces:
            continue
        message = (
            "the image's own torch, which NVIDIA built with its libraries, is replaced by one of an index: "
            "what was compiled against it breaks"
        )
        fix = "leave torch out of what is installed into this image, or start from another one"
        yield Flaw("ngc-torch-replaced", Severity.WARNING, one.spot, message, fix, because)
