"""The whole answer to one question: plans in order, what was rejected and why, what giving way would unlock."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Receipt
from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import TorchVersion
from torch_doctor.matrix.law.build import build_of
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.query import release_key, torch_build
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.recommendation.plans.expressed import expressed
from torch_doctor.recommendation.plans.images.imaged import with_devel_first, with_imaged
from torch_doctor.recommendation.plans.installed import has_all
from torch_doctor.recommendation.plans.ladder import Step, ladder
from torch_doctor.recommendation.plans.notes import undriven
from torch_doctor.recommendation.plans.plan import Plan
from torch_doctor.recommendation.plans.planning import Judge, checks_clean, plan_of, with_changes
from torch_doctor.recommendation.question.asked import Asked, Constraints, QuestionError
from torch_doctor.recommendation.question.hosts import ServedHost, described, machine, overlaid
from torch_doctor.recommendation.question.record import unnamed_pair
from torch_doctor.recommendation.solving.convolving import newer_without_cudnn, with_cudnn_first
from torch_doctor.recommendation.solving.drivers import least_driver
from torch_doctor.recommendation.solving.offer import Offer
from torch_doctor.recommendation.solving.problem import Problem
from torch_doctor.recommendation.solving.rank import Installed, is_settled, passed_over, ranked
from torch_doctor.recommendation.solving.requirements import unmet
from torch_doctor.recommendation.solving.solve import Accepted, Rejected, Solution, solve

if TYPE_CHECKING:
    from torch_doctor.recommendation.solving.relax import Relaxation

_DEMANDS = ("not-asked-for", "-missing")
PLAN_EXISTS, NO_PLAN, CANNOT_DECIDE = 0, 1, 2


class Answer(NamedTuple):
    """What recommend says. *undecided* are builds that may run: something about them or the host is not known.

    *ladder* has the plan for each range of drivers where no driver is known. *emitted* is the best plan that the form
    asked for can express, None where there is none or no form was asked for. *asked* is the question as it was typed.
    """

    constraints: Constraints
    hosts: tuple[ServedHost, ...]
    machines: tuple[Machine, ...]
    plans: tuple[Plan, ...]
    accepted: tuple[Accepted, ...]
    rejected: tuple[Rejected, ...]
    undecided: tuple[Rejected, ...]
    relaxations: tuple[Relaxation, ...]
    matrix_version: str
    matrix_digest: str
    ladder: tuple[Step, ...] = ()
    emitted: Plan | None = None
    asked: Asked = Asked()

    @property
    def chosen(self) -> Plan | None:
        """The plan to carry out: the best one, or of a form that was asked for the newest that it can express."""
        if self.constraints.emit is not None:
            return self.emitted
        return self.plans[0] if self.plans else None

    @property
    def exit_code(self) -> int:
        """0 with a plan, 1 where there is none, 2 where it depends on something that is not known."""
        if self.plans:
            return PLAN_EXISTS
        return CANNOT_DECIDE if self.undecided else NO_PLAN


def answer(
    constraints: Constraints,
    hosts: Sequence[ServedHost],
    platform: str,
    matrix: Matrix,
    judge: Judge,
) -> Answer:
    """Solve the question for *hosts*, or where there are none for the machine that *constraints* describe.

    *platform* is the one of a described machine where nothing else says it; *judge* runs the rules over facts.
    """
    served = tuple(overlaid(host, constraints) for host in hosts)
    served = served or (described(constraints, platform),)
    machines = tuple(machine(host, matrix) for host in served)
    _decidable(served, machines)
    _on_record(machines, constraints, matrix)
    solution = solve(machines, constraints, matrix)
    installed = _installed(served)
    order = ranked(solution.accepted, machines, installed, constraints.prefer, matrix)
    problem = Problem(machines, constraints, matrix, served)
    order = with_devel_first(with_cudnn_first(order, machines, constraints, matrix), problem)
    plans = _plans(order, problem, solution, judge)
    best = order[0] if order else None
    vendor = [] if best else _vendor(machines, constraints, matrix)
    plans = plans or vendor
    kept = _kept(served, machines, constraints, matrix, judge)
    if kept is not None:
        plans = [kept] if constraints.prefer == "smallest-change" else plans
    form = constraints.emit
    apart = () if plans else tuple(filter(None, map(undriven, machines)))
    return Answer(
        constraints=constraints._replace(notes=(*constraints.notes, *apart)),
        hosts=served,
        machines=machines,
        plans=tuple(plans),
        accepted=tuple(order),
        rejected=tuple(item for item in solution.rejected if item.decided),
        undecided=tuple(item for item in solution.rejected if not item.decided),
        relaxations=() if vendor else _relaxations(solution, problem, best),
        matrix_version=matrix.version,
        matrix_digest=matrix.digest,
        ladder=ladder(order, plans, problem),
        emitted=expressed(form, plans, order, problem) if form else None,
    )


def _relaxations(
    solution: Solution, problem: Problem, best: Accepted | None
) -> tuple[Relaxation, ...]:
    machines, constraints, matrix, _ = problem
    if best is not None and all(_is_open(machine_) for machine_ in machines):
        return ()  # nothing limits the choice, and nothing has to give way
    from torch_doctor.recommendation.solving.relax import relaxations

    return relaxations(solution, machines, constraints, matrix, best)


def _is_open(machine_: Machine) -> bool:
    known = (machine_.driver, machine_.driver_reports, machine_.python_tag, machine_.glibc)
    return all(one is None for one in known)


def _vendor(machines: Sequence[Machine], constraints: Constraints, matrix: Matrix) -> list[Plan]:
    from torch_doctor.recommendation.plans.images.vendor import vendor_plans  # most hosts need none

    return list(islice(vendor_plans(machines, constraints, matrix), constraints.limit))


def _decidable(hosts: Sequence[ServedHost], machines: Sequence[Machine]) -> None:
    """Without GPUs there is nothing to choose for, and without a platform nothing to choose from."""
    for host, machine_ in zip(hosts, machines, strict=True):
        if machine_.gpus == () or _has_no_gpu(host):
            raise QuestionError(f"no NVIDIA GPU was found on {host.name}: name one with --gpu")
        if machine_.gpus is None:
            raise QuestionError(f"which GPUs {host.name} has is not known: name them with --gpu")
        if machine_.wheel_platform is None:
            raise QuestionError(
                f"the platform of {host.name} could not be read: name it with --platform"
            )


def _on_record(machines: Sequence[Machine], constraints: Constraints, matrix: Matrix) -> None:
    """A torch for a CUDA that has no row may be published where not all of an index is known."""
    for machine_ in machines:
        if machine_.platform == "jetson":
            continue  # NVIDIA's own builds are meant there
        unnamed = unnamed_pair(constraints, machine_.wheel_platform or "", matrix)
        if unnamed is not None:
            raise QuestionError(f"--torch: {unnamed}")


def _has_no_gpu(host: ServedHost) -> bool:
    if host.described:
        return False
    from torch_doctor.engine.verdict import no_gpu_is_meant_to_be_here

    return no_gpu_is_meant_to_be_here(host.facts)


def _plans(
    order: Sequence[Accepted], problem: Problem, solution: Solution, judge: Judge
) -> list[Plan]:
    machines, constraints, matrix, hosts = problem
    one = sum(len(machine_.gpus or ()) for machine_ in machines) == 1
    gpus = "this GPU" if one else "these GPUs"
    plans = []
    for position, item in enumerate(order[: constraints.limit]):
        plan = plan_of(item, problem, order)
        plan = with_changes(plan, hosts, judge, matrix)
        plan = plan if position else with_imaged(plan, problem, order)
        why = _why(item, order[0] if position else None, constraints.prefer, gpus, solution, matrix)
        without = None if position else newer_without_cudnn(order, problem)
        if without is not None:
            why = f"the newest torch whose cuDNN has code for {gpus}"
            because = (*plan.because, *without.because)
            plan = plan._replace(notes=(without.text, *plan.notes), because=because)
        if not position and constraints.prefer == "stable":
            over = passed_over(item.candidate, order, matrix)
            plan = plan._replace(notes=(over, *plan.notes)) if over else plan
        plans.append(plan._replace(why=why))
    return plans


def _why(
    item: Accepted,
    best: Accepted | None,
    prefer: str,
    gpus: str,
    solution: Solution,
    matrix: Matrix,
) -> str:
    torch = item.candidate.torch
    if best is not None:
        if torch == best.candidate.torch:
            return f"the same torch for CUDA {item.candidate.cuda}"
        older = release_key(torch) < release_key(best.candidate.torch)
        return "an older torch" if older else "a newer torch"
    if prefer == "smallest-change":
        return "the nearest to what is installed of all that runs"
    settled = " settled" if prefer == "stable" and is_settled(torch, matrix) else ""
    newest = max((release_key(row.version) for row in matrix.torch_releases), default=())
    if release_key(torch) == newest:
        return f"the newest{settled} torch there is"
    asked = any(r.kind.endswith(_DEMANDS) for item in solution.rejected for r in item.reasons)
    return f"the newest{settled} torch that runs on {gpus}" + (
        " and has all that was asked for" if asked else ""
    )


def _installed(hosts: Sequence[ServedHost]) -> tuple[Installed, ...]:
    found = []
    for host in hosts:
        version: TorchVersion | None = host.facts.value("torch_version")
        if version is not None:
            cuda = host.facts.value("torch_cuda")
            found.append(Installed(version, cuda.tag if cuda else version.local))
    return tuple(found)


def _kept(
    hosts: Sequence[ServedHost],
    machines: Sequence[Machine],
    constraints: Constraints,
    matrix: Matrix,
    judge: Judge,
) -> Plan | None:
    """What the hosts have already, where it is one build, checks clean everywhere and meets every demand."""
    installed = set(_installed(hosts))
    if len(installed) != 1 or any(_torch_of(host.facts) is None for host in hosts):
        return None
    if not all(has_all(host, constraints.companions) for host in hosts):
        return None
    if not all(checks_clean(judge(host.facts)) for host in hosts):
        return None
    version, variant = installed.pop()
    platform = machines[0].wheel_platform or ""
    row = torch_build(matrix, version.public, variant, platform)
    build = build_of(hosts[0].facts, matrix)
    cuda = str(build.cuda) if build and build.cuda else None
    because: tuple[Receipt, ...] = (receipt("torch_builds", row),) if row else ()
    offer = Offer(version.public, variant, cuda, (platform,), because)
    if any(unmet(offer, machines, constraints, matrix)):
        return None
    least = [least_driver(machine, build, matrix).driver for machine in machines if build]
    return Plan(
        torch=version.public,
        variant=variant,
        cuda=cuda,
        platform=platform,
        index_url=row.index_url if row else None,
        python=row.python_tags or () if row else (),
        min_driver=str(max(filter(None, least))) if any(least) else None,
        why="it is installed and checks clean: nothing needs to change",
        because=because,
        keeps=True,
    )


def _torch_of(facts: Facts) -> TorchVersion | None:
    version: TorchVersion | None = facts.value("torch_version")
    return version
