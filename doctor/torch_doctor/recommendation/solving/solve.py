"""Which published builds serve every machine, and why each of the others does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from torch_doctor.core.finding import Receipt
from torch_doctor.core.judgement import Status
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.law.build import build_of_row
from torch_doctor.matrix.law.judge import judge
from torch_doctor.matrix.law.machine import Build, Machine
from torch_doctor.matrix.law.search import PUBLISHED
from torch_doctor.matrix.query import builds_for, release_key, torch_build
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.recommendation.question.asked import Constraints
from torch_doctor.recommendation.solving.drivers import judged_with_least_driver
from torch_doctor.recommendation.solving.offer import (
    Offer,
    Rejection,
    cudnn_major_of,
    named_pins,
)
from torch_doctor.recommendation.solving.reasons import doubt_of, reason_of
from torch_doctor.recommendation.solving.requirements import unmet


class Candidate(NamedTuple):
    """A build that was considered: one row for each machine, in their order, and the same as the law looks at them."""

    torch: str
    variant: str
    cuda: CudaVersion
    rows: tuple[TorchBuild, ...]
    builds: tuple[Build, ...]
    offered: Offered

    @property
    def label(self) -> str:
        """The candidate in words, ``torch 2.8.0+cu128``."""
        return f"torch {self.torch}+{self.variant}"

    @property
    def offer(self) -> Offer:
        """What demands look at."""
        return self.offered.get(self)


class Offered:
    """What demands look at of a candidate, made when one looks: most questions have none."""

    __slots__ = ("_matrix", "_offer")

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._offer: Offer | None = None

    def get(self, candidate: Candidate) -> Offer:
        """Return it, the same each time."""
        if self._offer is None:
            self._offer = _offer(
                candidate.torch, candidate.variant, candidate.rows, candidate.builds, self._matrix
            )
        return self._offer


class Accepted(NamedTuple):
    """A build that serves every machine, the oldest driver on which it does (None on a Jetson) and its rows."""

    candidate: Candidate
    min_driver: DriverRelease | None
    because: tuple[Receipt, ...]


class Rejected(NamedTuple):
    """A build that does not, with every reason. *decided* is False where something unknown stands in the way."""

    candidate: Candidate
    reasons: tuple[Rejection, ...]
    decided: bool


class Solution(NamedTuple):
    """Every candidate, judged: newest first in each list."""

    candidates: tuple[Candidate, ...]
    accepted: tuple[Accepted, ...]
    rejected: tuple[Rejected, ...]


def solve(machines: Sequence[Machine], constraints: Constraints, matrix: Matrix) -> Solution:
    """Judge every build for *machines* by the law and by the user's demands."""
    candidates = candidates_for(machines, matrix)
    judged = list(judge_each(candidates, machines, constraints, matrix))
    return Solution(
        candidates,
        tuple(item for item in judged if isinstance(item, Accepted)),
        tuple(item for item in judged if isinstance(item, Rejected)),
    )


def judge_each(
    candidates: Iterable[Candidate],
    machines: Sequence[Machine],
    constraints: Constraints,
    matrix: Matrix,
) -> Iterator[Accepted | Rejected]:
    """Yield each of *candidates*, judged."""
    served: _Served = {}
    for candidate in candidates:
        yield _judge(candidate, machines, constraints, matrix, served)


def serving(
    candidates: Iterable[Candidate],
    machines: Sequence[Machine],
    constraints: Constraints,
    matrix: Matrix,
) -> Iterator[Accepted]:
    """Yield those of *candidates* that serve, without asking why the others do not."""
    served: _Served = {}
    published = (one for one in candidates if not any(unpublished(one)))
    for candidate in _unobjected(published, machines):
        if any(_unmet(candidate, machines, constraints, matrix)):
            continue
        item = _judge(candidate, machines, _NO_DEMANDS, matrix, served)
        if isinstance(item, Accepted):
            least = [*_beside_torch(candidate, machines, constraints, matrix)]
            least += [item.min_driver] if item.min_driver else []
            yield item._replace(min_driver=max(least, default=None))


def possible(candidates: Iterable[Candidate], machines: Sequence[Machine]) -> tuple[Candidate, ...]:
    """Return those of *candidates* that nothing but a GPU could rule out on *machines*."""
    bare = [machine._replace(gpus=()) for machine in machines]
    return tuple(_unobjected(candidates, bare))


def _unobjected(
    candidates: Iterable[Candidate], machines: Sequence[Machine]
) -> Iterator[Candidate]:
    """Yield those that the law does not object to. Builds that differ in their names alone are judged once."""
    seen: dict[tuple[Build, ...], bool] = {}
    for candidate in candidates:
        alike = tuple(
            build._replace(torch="", variant="", because=()) for build in candidate.builds
        )
        refused = seen.get(alike)
        if refused is None:
            refused = seen[alike] = any(
                judge(machine, build).objections
                for machine, build in zip(machines, candidate.builds, strict=True)
            )
        if not refused:
            yield candidate


# The oldest driver for a build without its names, by the place of the machine.
_Served = dict[tuple[object, ...], DriverRelease | None]
_NO_DEMANDS = Constraints()


def candidates_for(machines: Sequence[Machine], matrix: Matrix) -> tuple[Candidate, ...]:
    """Return every torch and CUDA that has a row for one of the platforms, newest first.

    A machine without a row has the first one's.
    """
    return tuple(_listed(tuple(machine.wheel_platform for machine in machines), matrix))


def _listed(platforms: tuple[str | None, ...], matrix: Matrix) -> Iterator[Candidate]:
    keys = {
        (row.torch, row.variant, row.cuda)
        for platform in dict.fromkeys(filter(None, platforms))
        for row in builds_for(matrix, platform)
        if row.cuda
    }
    order = sorted(keys, key=lambda key: (release_key(key[0]), release_key(key[2])), reverse=True)
    for torch, variant, cuda in order:
        found = [torch_build(matrix, torch, variant, platform or "") for platform in platforms]
        any_row = next(row for row in found if row)
        rows = tuple(row or any_row for row in found)
        builds = tuple(build_of_row(row, matrix) for row in rows)
        yield Candidate(torch, variant, CudaVersion.parse(cuda), rows, builds, Offered(matrix))


def _judge(
    candidate: Candidate,
    machines: Sequence[Machine],
    constraints: Constraints,
    matrix: Matrix,
    served: _Served,
) -> Accepted | Rejected:
    """*served* has the drivers of builds that served before, which those serve, too, that differ in names alone."""
    reasons: list[Rejection] = []
    doubts = [*unpublished(candidate)]
    least: list[DriverRelease] = []
    because: list[Receipt] = []
    for place, (machine, build) in enumerate(zip(machines, candidate.builds, strict=True)):
        because += [*build.because, *(r for gpu in machine.gpus or () for r in gpu.because)]
        alike = (place, *_without_names(machine, build))
        if alike in served:
            driver = served[alike]
            least += [driver] if driver else []
            continue
        judgement, driver = judged_with_least_driver(machine, build, matrix)
        if judgement.status is Status.SUPPORTED:
            served[alike] = driver
        reasons += (reason_of(objection, machine, build) for objection in judgement.objections)
        if not judgement.objections and judgement.status is not Status.SUPPORTED:
            doubts.append(doubt_of(judgement, build))
        least += [driver] if driver else []
    for reason in _unmet(candidate, machines, constraints, matrix):
        (reasons if reason.decided else doubts).append(reason)
    if reasons or doubts:
        return Rejected(candidate, (*reasons, *doubts), decided=bool(reasons))
    least += _beside_torch(candidate, machines, constraints, matrix)
    return Accepted(candidate, max(least, default=None), tuple(dict.fromkeys(because)))


def _without_names(machine: Machine, build: Build) -> tuple[object, ...]:
    """All of a build that the law looks at but its names, which it needs for words alone."""
    tags = build.python_tags if machine.python_tag else None
    code = (build.targets, build.readings, build.ptx_known, build.confidence)
    return (build.cuda, *code, build.platform, tags, build.glibc)


def _unmet(
    candidate: Candidate, machines: Sequence[Machine], constraints: Constraints, matrix: Matrix
) -> Iterator[Rejection]:
    asked = constraints
    if asked.torch or asked.variant or asked.cuda or asked.features or asked.companions:
        yield from unmet(candidate.offer, machines, asked, matrix)


def _beside_torch(
    candidate: Candidate, machines: Sequence[Machine], constraints: Constraints, matrix: Matrix
) -> Iterator[DriverRelease]:
    """The drivers that load what is compiled while a program runs, and those for a CUDA that a companion brings.

    Either may be newer than torch's own floor.
    """
    if constraints.features:
        from torch_doctor.matrix.builds.features import COMPILED, least_driver

        if any(feature.feature in COMPILED for feature in constraints.features):
            for machine in machines:
                driver = least_driver(candidate.torch, machine, matrix)
                if driver is not None:
                    yield driver
    if constraints.companions:
        from torch_doctor.recommendation.solving.companions.stacks import stack

        for fit in stack(constraints.companions, candidate.offer, machines, matrix).fits:
            if fit.min_driver is not None:
                yield fit.min_driver


def _offer(
    torch: str,
    variant: str,
    rows: tuple[TorchBuild, ...],
    builds: tuple[Build, ...],
    matrix: Matrix,
) -> Offer:
    lists = [row.python_tags for row in rows if row.python_tags is not None]
    tags = lists[0] if lists else ()
    for more in lists[1:]:
        tags = tuple(tag for tag in tags if tag in more)
    return Offer(
        torch,
        variant,
        rows[0].cuda,
        tuple(row.platform for row in rows),
        tuple(dict.fromkeys(one for build in builds for one in build.because)),
        tags,
        variant if rows[0].index_url else "",
        tuple(named_pins(rows[0])),
        cudnn_major_of(rows[0], matrix),
    )


def unpublished(candidate: Candidate) -> Iterator[Rejection]:
    """Yield why a build may not be there at all."""
    for row in dict.fromkeys(row for row in candidate.rows if row.status != PUBLISHED):
        message = f"{candidate.label} is {row.status} for {row.platform}, not known to be published"
        brief = f"{row.status}, not known to be published"
        because = (receipt("torch_builds", row),)
        yield Rejection("not-published", message, because, brief, decided=False)
