"""What to give way in, cheapest first, and what each step would unlock: found by solving again without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch_doctor.core.finding import Receipt
from torch_doctor.core.text import listing
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.rows import CompatPackage
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.recommendation.question.asked import Constraints
from torch_doctor.recommendation.solving.other_gpus import in_place_of_gpus
from torch_doctor.recommendation.solving.other_systems import other_glibc, other_python
from torch_doctor.recommendation.solving.problem import Problem
from torch_doctor.recommendation.solving.rank import ranked
from torch_doctor.recommendation.solving.solve import (
    Accepted,
    Candidate,
    Solution,
    candidates_for,
    possible,
    serving,
)

# With CUDA 13, on Thor, Jetsons take the wheels of servers.
_SERVER_WHEELS = 13


class Relaxation(NamedTuple):
    """One step; *gives_way*: torch, cuda, feature, companion, platform, forward-compat, driver, python, glibc, gpu …"""

    gives_way: str
    text: str
    unlocks: str
    min_driver: str | None
    because: tuple[Receipt, ...]


class _Problem(NamedTuple):
    candidates: tuple[Candidate, ...]
    machines: tuple[Machine, ...]
    constraints: Constraints
    matrix: Matrix


def relaxations(
    solution: Solution,
    machines: Sequence[Machine],
    constraints: Constraints,
    matrix: Matrix,
    best: Accepted | None,
) -> tuple[Relaxation, ...]:
    """Return what would unlock a plan, or where there is *best* already, a newer torch than its."""
    problem = _Problem(solution.candidates, tuple(machines), constraints, matrix)
    runs = [item.candidate for item in (*solution.accepted, *([best] if best else ()))]
    sound = [one for one in runs if all(row.origin.confidence != "low" for row in one.rows)]
    floor = max((release_key(one.torch) for one in sound or runs), default=())
    found = [] if best else list(_wishes(problem))
    found += (step for step in _host_steps(problem, floor))
    if not found and best is None:
        found += _two_steps(problem)
    if best is None:
        own = list(_own_build(problem))
        found += own or list(_fewer_gpus(problem)) or list(_other_gpus(problem))
    return tuple(found)


def _wishes(problem: _Problem) -> Iterator[Relaxation]:
    """The user's own limits: giving way in them costs nothing."""
    asked = problem.constraints
    if asked.torch or asked.variant:
        yield from _without(
            problem, asked._replace(torch=None, variant=None), "torch", "another torch"
        )
    if asked.cuda:
        exact, other = asked.cuda.versions, "another CUDA build"
        # Of the same major first: its drivers are those that were thought of.
        major = asked.cuda._replace(versions=exact[:1]) if isinstance(exact, tuple) else None
        near = list(_without(problem, asked._replace(cuda=major), "cuda", other))
        yield from near or _without(problem, asked._replace(cuda=None), "cuda", other)
    for feature in asked.features:
        rest = asked._replace(features=tuple(one for one in asked.features if one is not feature))
        yield from _without(problem, rest, "feature", f"without {feature.feature}")
    if asked.companions:
        from torch_doctor.recommendation.solving.other_companions import in_place

        whole = Problem(problem.machines, asked, problem.matrix)
        for text, best, slug, _ in in_place(whole, lambda o, on: _best(_on(problem, on, o))):
            yield _step(slug, text, best)


def _without(
    problem: _Problem, constraints: Constraints, slug: str, text: str
) -> Iterator[Relaxation]:
    best = _best(problem._replace(constraints=constraints))
    if best is not None:
        yield _step(slug, text, best)


def _host_steps(problem: _Problem, floor: tuple[int, ...]) -> Iterator[Relaxation]:
    yield from _forward_compat(problem, floor)
    yield from _newer_driver(problem, floor)
    for slug, change in (
        ("python", {"python_tag": None, "python": None}),
        ("glibc", {"glibc": None}),
    ):
        if all(getattr(machine, next(iter(change))) is None for machine in problem.machines):
            continue
        best = _best(_changed(problem, **change))
        if best is not None and release_key(best.candidate.torch) > floor:
            other = other_python if slug == "python" else other_glibc
            demand = other(best, problem.machines, problem.constraints, problem.matrix)
            if demand:
                yield _step(slug, demand, best)


def _newer_driver(problem: _Problem, floor: tuple[int, ...]) -> Iterator[Relaxation]:
    """The smallest driver update that unlocks something, and the one that unlocks the newest torch."""
    if all(machine.driver is None for machine in problem.machines):
        return
    freed = _changed(
        problem, driver=None, driver_reports=None, libcuda_kind="driver", libcuda_release=None
    )
    last = _last_branch(problem)
    past = any(last and one.driver and one.driver.branch > last for one in problem.machines)
    newer = [
        item
        for item in serving(*freed)
        if release_key(item.candidate.torch) > floor and (past or _is_update(item, problem))
    ]
    steps: dict[str, Accepted] = {}
    for item in ranked(newer, freed.machines, (), "newest", freed.matrix):
        steps.setdefault(str(item.min_driver), item)
    ordered = sorted(
        steps.values(), key=lambda item: item.min_driver.parts if item.min_driver else ()
    )
    least = ordered[:1] + [i for i in ordered[1:] if _is_newer(i, ordered[0])][-1:]
    for item in ranked(ordered, freed.machines, (), "newest", freed.matrix)[:1] if past else least:
        bound = f", R{last} at most" if last else ""
        yield _step("driver", f"driver {item.min_driver} or newer{bound}", item)


def _is_update(item: Accepted, problem: _Problem) -> bool:
    """Whether the driver that a build needs is newer than one that is there: the same one would bring nothing."""
    drivers = (machine.driver.release for machine in problem.machines if machine.driver)
    return item.min_driver is None or item.min_driver > min(drivers)


def _last_branch(problem: _Problem) -> int | None:
    gpus = (gpu for machine in problem.machines for gpu in machine.gpus or ())
    return min((gpu.last_branch for gpu in gpus if gpu.last_branch), default=None)


def _is_newer(item: Accepted, other: Accepted) -> bool:
    return release_key(item.candidate.torch) > release_key(other.candidate.torch)


def _forward_compat(problem: _Problem, floor: tuple[int, ...]) -> Iterator[Relaxation]:
    """cuda-compat over the driver that is there, where its branch and every GPU are eligible."""
    driver = problem.machines[0].driver
    alike = all(machine.driver == driver for machine in problem.machines)
    if driver is None or not alike or any(m.platform != "linux" for m in problem.machines):
        return
    branch = driver.row
    usable = sorted(
        (
            row
            for row in problem.matrix.compat_packages
            if branch and row.base_branch == branch.branch and row.status == "usable"
        ),
        key=lambda row: release_key(row.cuda),
    )
    firm = [row for row in usable if row.origin.confidence != "low"]
    if not firm:
        return
    newest = CudaVersion.parse(firm[-1].cuda)
    best = _best(_changed(problem, libcuda_kind="compat", driver_reports=newest))
    if best is None or release_key(best.candidate.torch) <= floor:
        return
    row = _smallest(firm, best.candidate.cuda)
    package = f"cuda-compat-{row.cuda.replace('.', '-')}"
    text = f"{package} over driver {driver}: first on the loader's path, nothing else changes on the host"
    yield _step("forward-compat", text, best, (receipt("compat_packages", row),))


def _smallest(rows: list[CompatPackage], cuda: CudaVersion) -> CompatPackage:
    return next((row for row in rows if CudaVersion.parse(row.cuda) >= cuda), rows[-1])


def _two_steps(problem: _Problem) -> Iterator[Relaxation]:
    """Where no single step helps: every demand of the user dropped, or the whole host software renewed."""
    asked = problem.constraints
    free = asked._replace(torch=None, variant=None, cuda=None, features=(), companions=())
    fresh = _changed(
        problem, driver=None, driver_reports=None, libcuda_kind="driver", libcuda_release=None,
        python_tag=None, python=None, glibc=None,
    )  # fmt: skip
    for words, other in (
        ("a newer driver, Python and C library", fresh),
        (
            "a newer driver, Python and C library, and no demand on torch",
            fresh._replace(constraints=free),
        ),
    ):
        best = _best(other)
        if best is not None:
            yield _step("several", words, best)
            return


def _own_build(problem: _Problem) -> Iterator[Relaxation]:
    """A Jetson before Thor: NVIDIA's builds stand on no index, each serves one JetPack and one Python."""
    gpus = [gpu for machine in problem.machines for gpu in machine.gpus or ()]
    if not gpus or not all(gpu.tegra for gpu in gpus):
        return
    rows = [row for row in problem.matrix.jetpacks if row.cuda < _SERVER_WHEELS]
    pythons = dict.fromkeys(f"Python {row.python} for JetPack {row.jetpack}" for row in rows)
    where = (
        "https://docs.nvidia.com/deeplearning/frameworks/install-pytorch-jetson-platform/index.html"
    )
    text = f"the torch that NVIDIA builds for the board's JetPack, {where}"
    because = tuple(receipt("jetpacks", row) for row in rows)
    yield Relaxation("build", text, listing(list(pythons)), None, because)


def _fewer_gpus(problem: _Problem) -> Iterator[Relaxation]:
    """A mixed host without the GPUs of one capability."""
    for machine in problem.machines:
        gpus = machine.gpus or ()
        first = {gpu.capability: gpu for gpu in reversed(gpus)}
        for capability, gpu in first.items() if len(first) > 1 else ():
            rest = tuple(other for other in gpus if other.capability != capability)
            others = _swapped(problem, machine, machine._replace(gpus=rest))
            best = _best(problem._replace(machines=others))
            if best is not None:
                yield _step("gpu", f"without {gpu.name.removeprefix('NVIDIA ')}", best)


def _other_gpus(problem: _Problem) -> Iterator[Relaxation]:
    """The architectures that would do in place of the GPUs that are there, each with the build that serves it."""
    if any(machine.platform == "jetson" for machine in problem.machines):
        return  # Its GPU is part of the board.
    fewer = problem._replace(candidates=possible(problem.candidates, problem.machines))
    for text, best in in_place_of_gpus(
        problem.matrix, lambda gpu: _best(_changed(fewer, gpus=(gpu,)))
    ):
        yield _step("gpu", text, best)


def _on(problem: _Problem, machines: tuple[Machine, ...], asked: Constraints) -> _Problem:
    same = machines == problem.machines
    among = problem.candidates if same else candidates_for(machines, problem.matrix)
    return problem._replace(candidates=among, machines=machines, constraints=asked)


def _swapped(problem: _Problem, old: Machine, new: Machine) -> tuple[Machine, ...]:
    return tuple(new if machine is old else machine for machine in problem.machines)


def _changed(problem: _Problem, **change: object) -> _Problem:
    machines = tuple(machine._replace(**change) for machine in problem.machines)  # type: ignore[arg-type]
    return problem._replace(machines=machines)


def _best(problem: _Problem) -> Accepted | None:
    """The newest that runs. Builds come newest first: the first release with a build of sound record is it."""
    newest: list[Accepted] = []
    for item in serving(*problem):
        if newest and item.candidate.torch != newest[-1].candidate.torch:
            break
        if all(row.origin.confidence != "low" for row in item.candidate.rows):
            newest.append(item)
    order = ranked(newest, problem.machines, (), "newest", problem.matrix)
    return order[0] if order else None


def _step(slug: str, text: str, best: Accepted, because: tuple[Receipt, ...] = ()) -> Relaxation:
    driver = str(best.min_driver) if best.min_driver else None
    return Relaxation(slug, text, best.candidate.label, driver, (*because, *best.because))
