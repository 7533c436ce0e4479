"""Packages that are asked for beside a torch that they do not go with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.linter.evaluate.chosen import (
    Chosen,
    allows_version,
    full,
    known_release,
    parsed,
)
from torch_doctor.linter.mends import released
from torch_doctor.linter.project import LintProject, Setup
from torch_doctor.linter.record import UNKNOWN, Edit, Flaw, InstallStep, Requirement
from torch_doctor.matrix.builds.rows import Companion, TorchRelease
from torch_doctor.matrix.store import Matrix, receipt

PROBLEMS = {
    "companion-mismatch": "A package is asked for in a release that goes with another torch.",
    "companion-missing": "A release of a companion is asked for that does not exist.",
    "mixed-cuda-companions": "torch and a package of its family are asked for with different CUDAs.",
}
_WITH_TORCH = ("torchvision", "torchaudio", "torchtext")
_JUDGED = (*_WITH_TORCH, "xformers", "vllm", "triton", "torchcodec")


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield pairs that pip refuses, or that fail when they are imported."""
    for setup in project.setups:
        for step in setup.steps:
            if step.tool == "conda" and setup.environment.kind != "conda":
                continue
            yield from pairs(step, setup, project.matrix)
        yield from _of_other_cuda(setup, project.matrix)
        yield from _in_image(setup, project.matrix)


def pairs(step: InstallStep, setup: Setup, matrix: Matrix) -> Iterator[Flaw]:
    """Yield what does not go together in one step."""
    wanted = setup.wanted(step)
    torches = [one for one in wanted if one.name in ("torch", "pytorch") and not one.url]
    for package in _JUDGED:
        rows = matrix.select(Companion, package=package)
        for one in wanted:
            if one.name != package or one.url or UNKNOWN in one.specifier:
                continue
            yield from _missing(one, rows)
            if len(torches) == 1:
                yield from _pair(torches[0], one, rows, matrix, step)


def _of_other_cuda(setup: Setup, matrix: Matrix) -> Iterator[Flaw]:
    """A companion of the default index beside, or after, a torch of another one: the same release, and another CUDA."""
    earlier: Chosen | None = None
    for step in setup.steps:
        own = [one for one in setup.chosen if one.step == step]
        if own and own[-1].requirement.source:
            wanted = [one for one in setup.wanted(step) if not one.source]
            yield from _other_cuda(own[-1], wanted, step, setup, matrix)
        elif (
            earlier is not None and not own and step.tool in ("pip", "uv") and not step.conditional
        ):
            yield from _other_cuda(earlier, setup.wanted(step), step, setup, matrix)
        earlier = own[-1] if own and not step.conditional else earlier


def _other_cuda(
    torch: Chosen, wanted: Iterable[Requirement], step: InstallStep, setup: Setup, matrix: Matrix
) -> Iterator[Flaw]:
    if step.main_index is not None or step.extra or step.links or step.backend:
        return
    if not torch.row or not torch.place or not torch.variant.startswith("cu"):
        return
    release = next(iter(matrix.select(TorchRelease, version=torch.row.torch)), None)
    brings = dict(release.pypi).get(setup.platform, "") if release else ""
    if brings[:4] == torch.variant[:4] or not brings.startswith("cu") or "--no-deps" in step.flags:
        return
    for one in wanted:
        row = _beside(one, torch.row.torch, torch.requirement, matrix)
        compiled = f"compiled:{one.name}" in step.flags
        if one.name not in ("torchvision", "torchaudio") or one.url or row is None or compiled:
            continue
        message = f"{one.name} {row.version} of the default index is for {brings}, and torch is for {torch.variant}"
        fix = f"install it from the index of {torch.variant}, too"
        because = (receipt("companions", row), receipt("torch_builds", torch.row))
        yield Flaw("mixed-cuda-companions", Severity.ERROR, one.spot, message, fix, because)


def _beside(one: Requirement, torch: str, asked: Requirement, matrix: Matrix) -> Companion | None:
    """Return the release that goes with *torch*: the pinned one, or the one that a resolver takes with a source."""
    rows = [
        row
        for row in matrix.select(Companion, package=one.name)
        if row.torch and allows_version(row.torch, torch)
    ]
    if one.pinned:
        return next((row for row in rows if row.version == one.pinned), None)
    if not asked.source or UNKNOWN in one.specifier or not asked.pinned:
        return None
    fitting = [row for row in rows if allows_version(one.specifier, row.version)]
    return max(fitting, key=lambda row: parsed(row.version), default=None)


def _in_image(setup: Setup, matrix: Matrix) -> Iterator[Flaw]:
    """A pinned companion in an image whose torch it does not go with: pip replaces that torch."""
    image = setup.base.image if setup.base else None
    steps = [s for s in setup.environment.all_steps if isinstance(s, InstallStep)]
    if image is None or image.family != "pytorch" or not image.torch:
        return
    if any(s.asks_for("torch") or s.tool == "conda" or s.unread for s in steps):
        return
    for step in setup.steps:
        for one in setup.wanted(step):
            rows = (
                matrix.select(Companion, package=one.name, version=one.pinned) if one.pinned else ()
            )
            for row in rows:
                if not row.pinned or not row.torch or "--no-deps" in step.flags:
                    continue
                if allows_version(row.torch, image.torch):
                    continue
                message = (
                    f"{one.name} {row.version} goes with torch {row.torch}, and the image brings {image.torch}: "
                    "pip replaces it"
                )
                fix = "take the release for the torch of the image, or another image"
                because = (receipt("companions", row), receipt("images", image))
                yield Flaw("companion-mismatch", Severity.WARNING, one.spot, message, fix, because)


def _missing(one: Requirement, rows: tuple[Companion, ...]) -> Iterator[Flaw]:
    """A release between those on record that is none of them."""
    public = one.pinned.partition("+")[0]
    if one.name not in ("torchvision", "torchaudio") or not public or not rows:
        return
    versions = sorted((row.version for row in rows), key=parsed)
    if public in versions or full(public) in versions:
        return
    try:
        inside = parsed(versions[0]) < parsed(public) < parsed(versions[-1])
    except ValueError:
        return
    if inside and public.count(".") == 2 and "post" not in public:
        near = max((v for v in versions if parsed(v) < parsed(public)), key=parsed)
        row = next(row for row in rows if row.version == near)
        message = f"there is no {one.name} {public}"
        fix = f"take {near}, which goes with torch {row.torch}"
        yield Flaw(
            "companion-missing",
            Severity.ERROR,
            one.spot,
            message,
            fix,
            (receipt("companions", row),),
            mends=released(one, near),
        )


def _pair(
    torch: Requirement,
    one: Requirement,
    rows: tuple[Companion, ...],
    matrix: Matrix,
    step: InstallStep,
) -> Iterator[Flaw]:
    public = one.pinned.partition("+")[0]
    row = next((r for r in rows if r.version in (public, full(public))), None) if public else None
    if row is not None and row.torch is not None:
        if _apart(torch, row, matrix):
            yield _mismatch(torch, one, row, matrix, step)
            return
    elif not public and (flaw := _range(torch, one, rows, matrix, step)):
        yield flaw
        return
    mine, its = torch.pinned.partition("+")[2], one.pinned.partition("+")[2]
    if (
        mine
        and its
        and mine != its
        and mine.startswith(("cu", "cpu"))
        and its.startswith(("cu", "cpu"))
    ):
        fails = mine[:4] != its[:4]
        message = f"torch is asked for as {mine} and {one.name} as {its}: they need one CUDA"
        severity = Severity.ERROR if fails else Severity.WARNING
        fix = f"ask for {one.name} as +{mine}, too"
        mends = ((Edit(one.spot, f"{public}+{its}", f"{public}+{mine}"),),)
        yield Flaw("mixed-cuda-companions", severity, one.spot, message, fix, mends=mends)


def _apart(torch: Requirement, row: Companion, matrix: Matrix) -> bool:
    """Whether no torch that is asked for is one that the companion goes with, as far as the rows tell."""
    assert row.torch is not None
    pinned = torch.pinned.partition("+")[0]
    if pinned:
        return known_release(pinned, matrix) and not allows_version(row.torch, full(pinned))
    if UNKNOWN in torch.specifier or not row.torch.startswith("=="):
        return False
    text = torch.specifier.strip()
    return bool(text) and _reads(text) and not allows_version(text, row.torch[2:])


def _reads(specifier: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(specifier)
    except InvalidSpecifier:
        return False
    return True


def _range(
    torch: Requirement,
    one: Requirement,
    rows: tuple[Companion, ...],
    matrix: Matrix,
    step: InstallStep,
) -> Flaw | None:
    """A range of a companion that holds none of the releases that go with a pinned torch."""
    pinned = torch.pinned.partition("+")[0]
    if (
        one.name not in _WITH_TORCH
        or not pinned
        or not known_release(pinned, matrix)
        or not one.specifier
    ):
        return None
    fitting = [r for r in rows if r.torch and r.pinned and allows_version(r.torch, full(pinned))]
    if not fitting or not _reads(one.specifier):
        return None
    if any(allows_version(one.specifier, row.version) for row in fitting):
        return None
    if any(not r.pinned and allows_version(one.specifier, r.version) for r in rows):
        return None
    return _mismatch(torch, one, fitting[-1], matrix, step, fits=True)


def _mismatch(
    torch: Requirement,
    one: Requirement,
    row: Companion,
    matrix: Matrix,
    step: InstallStep,
    *,
    fits: bool = False,
) -> Flaw:
    asked = f"torch {torch.pinned or torch.specifier}"
    pinned = torch.pinned.partition("+")[0]
    rows = matrix.select(Companion, package=one.name)
    right = [r for r in rows if pinned and r.torch and allows_version(r.torch, full(pinned))]
    pair = (
        f"{one.name} {one.specifier}"
        if fits
        else f"{one.name} {row.version} goes with torch {row.torch}"
    )
    message = f"{pair}, and {asked} is asked for beside it" + (
        ": pip refuses the pair" if row.pinned else ""
    )
    if fits:
        message = f"{asked} goes with {one.name} {row.version}, and {one.specifier} leaves it out: pip refuses the pair"
    enforced = row.pinned and "--no-deps" not in step.flags
    severity = Severity.ERROR if enforced else Severity.WARNING
    fix = f"take {one.name} {right[-1].version}" if right else f"take torch {row.torch}"
    because = (receipt("companions", row),)
    # these follow torch release by release; what has a life of its own is its author's choice
    mends = released(one, right[-1].version) if right and one.name in _WITH_TORCH else ()
    return Flaw("companion-mismatch", severity, one.spot, message, fix, because, mends=mends)
