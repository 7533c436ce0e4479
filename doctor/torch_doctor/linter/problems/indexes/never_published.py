"""Builds of torch that are asked for and were never published, or not where they are looked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Receipt, Severity
from torch_doctor.core.judgement import Status
from torch_doctor.core.text import listing
from torch_doctor.core.version import CudaVersion
from torch_doctor.linter.evaluate.chosen import (
    Chosen,
    full,
    known_release,
    may_be_of_conda,
    parsed,
    places_of,
    releases,
)
from torch_doctor.linter.mends import released, replaced, with_option
from torch_doctor.linter.project import LintProject, LintTarget, Setup, may_be_there
from torch_doctor.linter.record import Flaw, IndexUse, Requirement, RunStep
from torch_doctor.linter.requirement import is_official, serves_pypi, torch_index
from torch_doctor.matrix.builds.open_indexes import open_index
from torch_doctor.matrix.builds.rows import TorchBuild, TorchRelease
from torch_doctor.matrix.builds.systems import index_of
from torch_doctor.matrix.law.build import build_of_row
from torch_doctor.matrix.law.judge import judge
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.store import Matrix, receipt

PROBLEMS = {
    "pair-never-published": "A release of torch is asked for with a CUDA that it was never built for.",
    "local-version-without-index": "A version such as 2.8.0+cu126 is asked for where no index serves it.",
    "index-missing": "An index of PyTorch is named that does not exist.",
}
_OTHER = "take a release and a CUDA that go together"


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield what an installer cannot find. A release newer than the rows is not judged."""
    for setup in project.setups:
        configured = _configures_pip(setup)
        for chosen in setup.chosen:
            if may_be_of_conda(chosen.step, chosen.requirement) or chosen.requirement.url:
                continue
            if may_be_there(chosen, setup):
                continue
            yield from _one(chosen, project, setup.platform, configured=configured)
        for step in setup.steps:
            for use in (step.main_index, *step.extra):
                if use is not None:
                    yield from _index(use, project, alone=use is step.main_index)
    for file in project.files.values():
        table = file.written.project
        for index in table.indexes if table is not None else ():
            yield from _index(IndexUse(index.url, index.spot), project, alone=index.explicit)


def _configures_pip(setup: Setup) -> bool:
    """Whether indexes may be set where this reader does not look: a configuration of pip."""
    for step in setup.environment.all_steps:
        if isinstance(step, RunStep) and any(
            re.search(r"pip\.conf|pip\.ini|uv\.toml", word) for word in step.words
        ):
            return True
        if isinstance(step, RunStep) and "config" in step.words and "set" in step.words:
            return True
    return False


def _one(
    chosen: Chosen, project: LintProject, platform: str, *, configured: bool
) -> Iterator[Flaw]:
    wanted, matrix = chosen.requirement, project.matrix
    public, _, local = wanted.pinned.partition("+")
    if local and re.fullmatch(r"cu\d{2,3}|cpu", local):
        if not project.matrix.select(TorchBuild, torch=full(public), variant=local):
            yield from _no_pair(wanted, full(public), local, project, platform)
        else:
            yield from _local(chosen, full(public), local, project, configured=configured)
        return
    if not chosen.missing or configured or (local and not known_release(public, matrix)):
        return
    places = places_of(chosen.step, wanted)
    variants = sorted({t.variant for p in places if p and (t := torch_index(p.url)) and t.variant})
    if not variants:
        yield from _no_release(chosen, public, matrix)
        return
    if public and not known_release(public, matrix):
        return
    if not any(row.variant in variants for row in matrix.torch_builds):
        return  # the index itself is what is wrong
    if any(open_index(full(public), one, platform, matrix) for one in variants if public):
        return  # not all that this index has is on record
    because = _builds(full(public), matrix) if public else ()
    asked = f"torch {public}" if public else f"a torch {wanted.specifier}"
    message = (
        f"{asked} was never published for {listing(variants, 'or')}{_instead(full(public), matrix)}"
    )
    fix = _pair(full(public), variants[-1], project, platform)
    yield Flaw("pair-never-published", Severity.ERROR, wanted.spot, message, fix, because)


def _no_pair(
    wanted: Requirement, public: str, local: str, project: LintProject, platform: str
) -> Iterator[Flaw]:
    """A version such as 2.9.1+cu121, of a CUDA that it was never built for."""
    matrix = project.matrix
    newer = local.startswith("cu") and int(local[2:]) > _newest_cuda(matrix)
    if newer or not known_release(public, matrix):
        return
    if open_index(public, local, platform, matrix):
        return  # not all that this index has is on record
    message = f"torch {public} was never published for {local}{_instead(public, matrix)}"
    because, fix = _builds(public, matrix), _pair(public, local, project, platform)
    yield Flaw("pair-never-published", Severity.ERROR, wanted.spot, message, fix, because)


def _pair(public: str, variant: str, project: LintProject, platform: str) -> str:
    """Return a release and a CUDA that were published together: the newest that the target runs, or the nearest."""
    if not variant.startswith("cu"):
        return _OTHER
    matrix, target = project.matrix, project.target
    there = [
        row
        for row in matrix.torch_builds
        if row.platform == platform and row.cuda and row.status == "published"
    ]
    rows = [row for row in there if row.torch == public]
    if not rows:
        own = [row.torch for row in there if row.variant == variant]
        last = max(own, key=parsed, default="")
        return f"take torch {last}, the newest for {variant}, or a newer CUDA" if last else _OTHER
    if target.driver is not None or target.gpus:
        found = _newest_for(target, rows, matrix)
        if found is None:
            return f"take another release: the target runs no build of torch {public}"
        row, why = found
    else:
        row = min(rows, key=lambda row: abs(_cuda(row.variant) - _cuda(variant)))
        why = "the nearest that there is"
    index = row.index_url or index_of(row.variant)
    return f"take torch {public} for {row.variant}, {why}: --index-url {index}"


def _newest_for(
    target: LintTarget, rows: list[TorchBuild], matrix: Matrix
) -> tuple[TorchBuild, str] | None:
    """Return the newest build for a target, with what is known of it; one whose code is not on record comes last."""
    arch = rows[0].platform.rpartition("-")[2]
    machine = Machine(arch=arch, driver=target.driver, gpus=target.gpus or None)
    judged = [(judge(machine, build_of_row(row, matrix)).status, row) for row in rows]
    sure = [row for status, row in judged if status is Status.SUPPORTED]
    may = [row for status, row in judged if status is not Status.UNSUPPORTED]
    if not may:
        return None
    doubt = (
        "the newest that the target may run" if target.gpus else "the newest that the driver serves"
    )
    why = "the newest that the target runs" if sure else doubt
    return max(sure or may, key=lambda row: _cuda(row.variant)), why


def _cuda(variant: str) -> int:
    """Return the CUDA of a variant as a number that has the same order: cu92 is before cu121."""
    cuda = CudaVersion.from_tag(variant)
    return cuda.major * 100 + cuda.minor


def _local(
    chosen: Chosen, public: str, local: str, project: LintProject, *, configured: bool
) -> Iterator[Flaw]:
    wanted, matrix = chosen.requirement, project.matrix
    if not known_release(public, matrix):
        return
    rows = matrix.select(TorchBuild, torch=public, variant=local)
    places = places_of(chosen.step, wanted)
    if configured or any(_may_serve(place, local) for place in places):
        return
    others = sorted({t.variant for place in places if place and (t := torch_index(place.url))})
    if others:
        message = f"torch {public}+{local} is not on the index that is named: it has builds of {listing(others)}"
        because = (receipt("torch_builds", rows[0]),)
        fix = f"name the index of {local}, or ask for +{others[0]}"
        yield Flaw("pair-never-published", Severity.ERROR, wanted.spot, message, fix, because)
        return
    yield _unnamed(wanted, public, local, rows, project)


def _unnamed(
    wanted: Requirement, public: str, local: str, rows: tuple[TorchBuild, ...], project: LintProject
) -> Flaw:
    """A local version whose index nothing names."""
    indexed = next((row.index_url for row in rows if row.index_url), None)
    option = f"--extra-index-url {indexed or index_of(local)}"
    message = (
        f"torch {public}+{local} is on PyTorch's index for {local} alone, which is not named here"
    )
    because = (receipt("torch_builds", rows[0]),)
    return Flaw(
        *(
            "local-version-without-index",
            Severity.ERROR,
            wanted.spot,
            message,
            f"add {option}",
            because,
        ),
        mends=with_option(wanted, option, project),
    )


def _may_serve(place: IndexUse | None, local: str) -> bool:
    if place is None:
        return False
    indexed = torch_index(place.url)
    if indexed is not None:
        return indexed.variant in ("", local)
    return not serves_pypi(place)


def _no_release(chosen: Chosen, public: str, matrix: Matrix) -> Iterator[Flaw]:
    """A release that PyPI does not have although it has newer ones."""
    wanted = chosen.requirement
    if not re.fullmatch(r"\d+\.\d+\.\d+", public) or known_release(public, matrix):
        return
    versions = releases(matrix)
    if not parsed("1.12") < parsed(public) < parsed(versions[-1]):
        return
    same = [v for v in versions if v.rpartition(".")[0] == public.rpartition(".")[0]]
    rows = matrix.select(TorchRelease, version=same[-1]) if same else ()
    message = f"there is no torch {public}" + (
        f"; of that series there are {listing(same)}" if same else ""
    )
    because = tuple(receipt("torch_releases", row) for row in rows)
    fix = f"take {same[-1]}" if same else "take a release that exists"
    mends = released(wanted, same[-1]) if same else ()
    yield Flaw(
        *("pair-never-published", Severity.ERROR, wanted.spot, message, fix, because), mends=mends
    )


def _builds(public: str, matrix: Matrix) -> tuple[Receipt, ...]:
    rows = matrix.select(TorchBuild, torch=public, platform="linux-x86_64")
    return tuple(receipt("torch_builds", row) for row in rows if row.variant.startswith("cu"))


def _instead(public: str, matrix: Matrix) -> str:
    rows = matrix.select(TorchBuild, torch=public)
    there = sorted({row.variant for row in rows if row.status == "published"})
    return f": it was for {listing(there)}" if there else ""


def _newest_cuda(matrix: Matrix) -> int:
    return max(int(r.variant[2:]) for r in matrix.torch_builds if r.variant.startswith("cu"))


def _index(use: IndexUse, project: LintProject, *, alone: bool) -> Iterator[Flaw]:
    indexed, matrix = torch_index(use.url), project.matrix
    if indexed is None or not is_official(use.url) or not indexed.variant.startswith("cu"):
        return
    number = int(indexed.variant[2:])
    if indexed.channel or number > _newest_cuda(matrix) or number < 90:
        return
    if any(row.variant == indexed.variant for row in matrix.torch_builds):
        return
    below = [
        r for r in matrix.torch_builds if r.variant.startswith("cu") and int(r.variant[2:]) < number
    ]
    nearest = max(below, key=lambda row: (int(row.variant[2:]), parsed(row.torch)))
    message = f"there is no index {indexed.variant}: torch was never built for that CUDA"
    severity = Severity.ERROR if alone else Severity.WARNING
    fix = f"take {nearest.variant}, which has torch up to {nearest.torch}, or a newer one"
    because = (receipt("torch_builds", nearest),)
    mends = replaced(use.spot, f"/{indexed.variant}", f"/{nearest.variant}", project)
    yield Flaw("index-missing", severity, use.spot, message, fix, because, mends=mends)
