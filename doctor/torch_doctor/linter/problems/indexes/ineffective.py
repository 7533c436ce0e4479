"""Indexes that are named and change nothing: another one wins, or what is given is no page of files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.linter.evaluate.chosen import Chosen, is_index_as_page
from torch_doctor.linter.project import LintProject, Setup
from torch_doctor.linter.record import Edit, Flaw, IndexUse, InstallStep
from torch_doctor.linter.requirement import torch_index
from torch_doctor.matrix.builds.rows import TorchRelease
from torch_doctor.matrix.store import Matrix, receipt

PROBLEMS = {
    "index-ineffective": "An index of PyTorch is named, and torch comes from elsewhere all the same.",
}
_OF_TORCH = ("torch", "torchvision", "torchaudio")


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield extra indexes that lose against the default one, and indexes that are given to ``--find-links``."""
    for setup in project.setups:
        for chosen in setup.chosen:
            if chosen.step.tool == "pip" and chosen.row is not None and not chosen.requirement.url:
                yield from _loses(chosen, setup, project.matrix)
        for step in setup.steps:
            if step.tool in ("pip", "uv") and any(step.asks_for(name) for name in _OF_TORCH):
                yield from _no_page(step)
            for use in step.idle:
                if torch_index(use.url) is not None:
                    yield _passed_over(use, project.files[use.spot.file].text.line(use.spot.line))


def _loses(chosen: Chosen, setup: Setup, matrix: Matrix) -> Iterator[Flaw]:
    assert chosen.row is not None
    for use in chosen.step.extra:
        indexed = torch_index(use.url)
        if indexed is None or not indexed.variant or indexed.channel:
            continue
        if (
            chosen.place == use
            or indexed.variant == chosen.variant
            or _torch_index_of(chosen.place)
        ):
            continue
        release = next(iter(matrix.select(TorchRelease, version=chosen.row.torch)), None)
        because = [receipt("torch_builds", chosen.row)]
        because += [receipt("torch_releases", release)] if release else []
        for_python = f" on Python {setup.python}" if setup.python else ""
        message = (
            f"pip takes the highest version of all indexes: that is torch {chosen.row.torch} of the default one"
            f"{for_python}, for {_words(chosen.variant)}, and not a build of {indexed.variant}"
        )
        fix = f"make it --index-url, or pin a version that {indexed.variant} has, as X.Y.Z+{indexed.variant}"
        mends = ((Edit(use.spot, "--extra-index-url", "--index-url"),),)
        yield Flaw(
            *("index-ineffective", Severity.WARNING, use.spot, message, fix, tuple(because)),
            mends=mends,
        )


def _torch_index_of(place: IndexUse | None) -> bool:
    return place is not None and torch_index(place.url) is not None


def _words(variant: str) -> str:
    return "the CPU" if variant == "cpu" else variant


def _passed_over(use: IndexUse, line: str) -> Flaw:
    message = (
        "pip takes an index on a line of its own alone: behind a requirement it is passed over"
    )
    fix = f"write --extra-index-url {use.url} on a line before"
    match = re.fullmatch(r"(\S.*?)\s+(--extra-index-url|--index-url|-i)[ =](\S+)", line.rstrip())
    mends = ((Edit(use.spot, line, f"{match[2]} {match[3]}\n{match[1]}"),),) if match else ()
    return Flaw("index-ineffective", Severity.WARNING, use.spot, message, fix, mends=mends)


def _no_page(step: InstallStep) -> Iterator[Flaw]:
    for use in step.links:
        if not is_index_as_page(use.url):
            continue
        message = (
            "this is an index, and --find-links reads a page of files: no wheel is found on it"
        )
        pinned = any("+" in r.pinned for name in _OF_TORCH for r in step.asks_for(name))
        severity = (
            Severity.ERROR
            if pinned and not step.extra and step.main_index is None
            else Severity.WARNING
        )
        fix = f"write --extra-index-url {use.url} with a pinned version, or --index-url"
        options = ("--extra-index-url",) if pinned else ("--index-url", "--extra-index-url")
        mends = tuple(
            (Edit(use.spot, old, new),) for new in options for old in ("--find-links", "-f")
        )
        yield Flaw("index-ineffective", severity, use.spot, message, fix, mends=mends)
