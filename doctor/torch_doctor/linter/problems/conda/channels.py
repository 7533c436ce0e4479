"""Packages of conda whose channel has ended, or that never were on one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.text import listing
from torch_doctor.linter.evaluate.chosen import allows_version, full, known_release, parsed
from torch_doctor.linter.project import LintProject
from torch_doctor.linter.record import UNKNOWN, Flaw, IndexUse, InstallStep, Requirement
from torch_doctor.matrix.builds.rows import EndOfLine, TorchBuild
from torch_doctor.matrix.store import Matrix, receipt

PROBLEMS = {
    "conda-channel-ended": "torch is asked for from the conda channel pytorch, which ended.",
    "conda-package-missing": "A package of conda is asked for in a version that no channel has.",
}
_CHANNEL = r"(?:.*/)?pytorch(?:-nightly|-lts)?/?"


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield what a solver of conda cannot find, or finds in an old release for ever."""
    for setup in project.setups:
        for step in setup.steps:
            if step.tool == "conda":
                yield from _step(step, project.matrix)


def _step(step: InstallStep, matrix: Matrix) -> Iterator[Flaw]:
    channel = next((one for one in step.channels if re.fullmatch(_CHANNEL, one.url)), None)
    torches = [one for one in step.requirements if one.name == "pytorch"]
    torch = torches[0] if len(torches) == 1 else None
    own = torch is not None and bool(re.fullmatch(_CHANNEL, torch.source))
    for one in step.requirements:
        yield from _versions(one, matrix)
    cuda = next((one for one in step.requirements if one.name == "pytorch-cuda"), None)
    ended = next((r for r in matrix.end_of_line if r.package == "conda channel pytorch"), None)
    if torch is None or ended is None:
        return
    if channel is not None or own or cuda is not None:
        yield from _ended(torch, channel, step, ended, meta=cuda, own=own)
    if cuda is not None:
        yield from _pair(torch, cuda, matrix)


def _spec(one: Requirement) -> str:
    """Return a version of conda as a specifier: ``=2.1`` is ``==2.1.*``; UNKNOWN where it is no simple one."""
    text = one.specifier.replace(" ", "")
    if UNKNOWN in text or "|" in text:
        return UNKNOWN
    if match := re.fullmatch(r"==?(\d+(?:\.\d+)*)(?:\.?\*)?", text):
        exact = text.startswith("==") or match[1].count(".") >= 2
        return f"=={match[1]}" if exact and "*" not in text else f"=={match[1]}.*"
    return text if re.match(r"[<>!~]|$", text) else UNKNOWN


def _ended(
    torch: Requirement, channel: IndexUse | None, step: InstallStep, ended: EndOfLine,
    *, meta: Requirement | None, own: bool,
) -> Iterator[Flaw]:  # fmt: skip
    spec = _spec(torch)
    if spec == UNKNOWN:
        return
    because = (receipt("end_of_line", ended),)
    spot = channel.spot if channel else torch.spot
    lowest = re.search(r"(?:==|>=|~=)(\d+(?:\.\d+)*)", spec)
    above = lowest is not None and parsed(lowest[1]) > parsed(ended.last)
    elsewhere = any("conda-forge" in one.url for one in step.channels)
    if above and (own or meta is not None or not elsewhere):
        message = (
            f"the channel pytorch ended with {ended.last}: it has no pytorch {torch.specifier}"
        )
        fix = "install torch by pip, or take it from conda-forge without pytorch-cuda"
        yield Flaw("conda-package-missing", Severity.ERROR, torch.spot, message, fix, because)
    elif above:
        return
    elif not spec or allows_version(spec, "2.6.0") or allows_version(spec, "2.9.0"):
        message = f"the channel pytorch ended with {ended.last}: nothing newer comes from it"
        fix = "take pytorch from conda-forge, or install torch by pip"
        yield Flaw("conda-channel-ended", Severity.WARNING, spot, message, fix, because)
    else:
        message = f"the channel pytorch ended with {ended.last}: what is pinned here stays, and gets no updates"
        yield Flaw("conda-channel-ended", Severity.NOTE, spot, message, "plan to leave it", because)


def _versions(one: Requirement, matrix: Matrix) -> Iterator[Flaw]:
    row = next((r for r in matrix.channel_packages if r.package == one.name), None)
    spec = _spec(one)
    if row is None or not spec or spec == UNKNOWN:
        return
    match = re.fullmatch(r"==(\d+\.\d+)(?:\.\d+)?(?:\.\*)?", spec)
    if match is not None and match[1] not in row.versions:
        message = (
            f"there is no {one.name} {match[1]}: it was published for {listing(row.versions[-5:])}"
        )
        fix = f"take {one.name}={row.versions[-1]}"
        because = (receipt("channel_packages", row),)
        yield Flaw("conda-package-missing", Severity.ERROR, one.spot, message, fix, because)


def _pair(torch: Requirement, cuda: Requirement, matrix: Matrix) -> Iterator[Flaw]:
    """The channel had the same pairs as the wheels of a release."""
    version, asked = re.fullmatch(r"==(\d+\.\d+(?:\.\d+)?)(?:\.\*)?", _spec(torch)), _spec(cuda)
    number = re.fullmatch(r"==(\d+)\.(\d+)(?:\.\*)?", asked)
    if version is None or number is None or not known_release(version[1], matrix):
        return
    if not any(number[1] + "." + number[2] in row.versions for row in matrix.channel_packages):
        return
    variant = f"cu{number[1]}{number[2]}"
    rows = matrix.select(TorchBuild, torch=full(version[1]), platform="linux-x86_64")
    there = [row.variant for row in rows if row.variant.startswith("cu")]
    if there and variant not in there and parsed(version[1]) >= parsed("1.13"):
        message = f"there is no pytorch {version[1]} for CUDA {number[1]}.{number[2]}: it was for {listing(there)}"
        because = tuple(receipt("torch_builds", row) for row in rows if row.variant in there)
        fix = "take a CUDA that this release was built for"
        yield Flaw("pair-never-published", Severity.ERROR, cuda.spot, message, fix, because)
