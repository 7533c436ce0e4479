"""What makes some nodes of a group whole, tried on the others of it: the newer driver, and the build of torch.

So one change is found where each node by itself would get another: the driver that is enough for it, or a build of the
release that it has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from torch_doctor.core.fact import Facts
from torch_doctor.core.version import DriverRelease, TorchVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.fixes.effects.apply import apply
from torch_doctor.fixes.judge import GONE
from torch_doctor.fixes.kinds import InstallTorch, UpdateDriver
from torch_doctor.fixes.person import person_of
from torch_doctor.fixes.sizes import size_of
from torch_doctor.fixes.wording import worded
from torch_doctor.fleet.answer import State, Way
from torch_doctor.fleet.whole import WHOLE, Judge
from torch_doctor.matrix.law.search import candidates, runs
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix

# So many builds are tried on each state of a group, first those that most nodes need.
_MOST_BUILDS = 6
_ONE = ", one build for all of these"
_Build = tuple[str, str, str | None]
_Change = UpdateDriver | InstallTorch


def shared_ways(
    states: Mapping[int, State],
    facts: Mapping[int, Facts],
    nodes: Mapping[int, int],
    judge: Judge,
    matrix: Matrix,
) -> Iterator[tuple[int, Way]]:
    """Yield more ways to make the *states* of one group whole, each with the number of its state.

    *facts* are those of the states, *nodes* how many nodes are in each.
    """
    changes = {number: _changes(state) for number, state in states.items()}
    installs: Iterator[tuple[int, _Change]] = _installs(changes, facts, nodes, matrix)
    for number, change in chain(_updates(changes), installs):
        way = _way(change, facts[number], judge, matrix)
        if way is not None:
            yield number, way


def _changes(state: State) -> list[_Change]:
    return [way.change for way in state.ways if way.change is not None]


def _updates(changes: Mapping[int, Sequence[_Change]]) -> Iterator[tuple[int, UpdateDriver]]:
    """Yield for each state newer drivers than it needs, which others do."""
    found = {
        number: change
        for number, those in changes.items()
        for change in those
        if isinstance(change, UpdateDriver)
    }
    wanted = sorted({update.minimum for update in found.values()})
    for number, update in found.items():
        own = DriverRelease.parse(update.minimum)
        for minimum in wanted:
            release = DriverRelease.parse(minimum)
            if release > own:
                newer = update.branch is not None and update.branch >= release.branch
                branch = update.branch if newer else None
                yield number, update._replace(minimum=minimum, branch=branch)


def _installs(
    changes: Mapping[int, Sequence[_Change]],
    facts: Mapping[int, Facts],
    nodes: Mapping[int, int],
    matrix: Matrix,
) -> Iterator[tuple[int, InstallTorch]]:
    """Yield for each state that a build makes whole the builds that others get, where the law says that they run."""
    own = {
        number: {_build(one) for one in found if isinstance(one, InstallTorch)}
        for number, found in changes.items()
    }
    needed = Counter[_Build]()
    for number, builds in own.items():
        for build in builds:
            needed[build] += nodes[number]
    if sum(map(bool, own.values())) < 2:
        return
    first = sorted(needed, key=lambda build: (needed[build], release_key(build[0])), reverse=True)
    for build in first[:_MOST_BUILDS]:
        made = {number: _install(build, facts[number], matrix) for number in own if own[number]}
        installs = {number: one for number, one in made.items() if one is not None}
        for number, one in installs.items():
            yield number, _alike(one, list(installs.values()))


def _build(install: InstallTorch) -> _Build:
    return install.torch, install.variant, install.index_url


def _install(build: _Build, facts: Facts, matrix: Matrix) -> InstallTorch | None:
    """Return the install of a build on a host, None where it does not run there or is older than what is there."""
    installed: TorchVersion | None = facts.value("torch_version")
    if installed is not None and installed.release[:2] > release_key(build[0])[:2]:
        return None  # a program may need what came with its release
    cures = Cures(facts, matrix)
    rows = candidates(cures.machine.wheel_platform, matrix)
    row = next((row for row in rows if (row.torch, row.variant, row.index_url) == build), None)
    if row is None or not runs(row, cures.machine, matrix):
        return None
    return cures.install(row, _ONE)


def _alike(install: InstallTorch, others: Sequence[InstallTorch]) -> InstallTorch:
    """Return *install* as it is for all: what not every host is known to have beside torch is only named."""
    common = set[str].intersection(*(set(one.companions) for one in others))
    named = dict.fromkeys(spec for one in others for spec in (*one.companions, *one.beside))
    return install._replace(
        companions=tuple(spec for spec in named if spec in common),
        beside=tuple(spec for spec in named if spec not in common),
        there=all(one.there for one in others),
        replace=any(one.replace for one in others),
    )


def _way(change: _Change, facts: Facts, judge: Judge, matrix: Matrix) -> Way | None:
    changed, fix = apply(change, facts, matrix), worded(change, person_of(facts))
    report = judge(changed) if changed is not None and fix is not None else None
    if fix is None or report is None or report.verdict not in WHOLE:
        return None
    size = int(size_of(change, facts) or 0)
    return Way((fix._replace(judged=GONE),), size, report.verdict.value, change)
