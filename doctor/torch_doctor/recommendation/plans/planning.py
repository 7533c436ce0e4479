"""From an accepted build to a plan: commands, image, companions, and what it changes on each host."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Fix, Receipt, Severity
from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import listing
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.builds.notices import Notice, cudnn_of
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.recommendation.emit import commands
from torch_doctor.recommendation.plans.channels import channel_of
from torch_doctor.recommendation.plans.images.tags import image_for, take_images
from torch_doctor.recommendation.plans.installed import kept
from torch_doctor.recommendation.plans.notes import notes_for
from torch_doctor.recommendation.plans.noticed import left_out, noticed, of_image
from torch_doctor.recommendation.plans.plan import Change, Plan, PlannedPackage
from torch_doctor.recommendation.question.asked import WantedCompanion
from torch_doctor.recommendation.question.hosts import ServedHost
from torch_doctor.recommendation.solving.offer import Offer
from torch_doctor.recommendation.solving.problem import Problem
from torch_doctor.recommendation.solving.solve import Accepted

if TYPE_CHECKING:
    from torch_doctor.core.report import Report

Judge = Callable[[Facts], "Report"]


def plan_of(item: Accepted, problem: Problem, accepted: Sequence[Accepted]) -> Plan:
    """Return the plan for one build of *accepted*, without changes on the hosts and the words for its rank."""
    plan = draft_of(item, problem, accepted)
    return plan._replace(commands=commands(plan))


def draft_of(item: Accepted, problem: Problem, accepted: Sequence[Accepted]) -> Plan:
    """Return the plan for one build of *accepted* without its commands."""
    machines, matrix = problem.machines, problem.matrix
    candidate = item.candidate
    row = candidate.rows[0]
    runnable = frozenset(other.candidate[:2] for other in accepted)
    along = _with_features(_companions(item, problem), item, problem)
    known = (
        *noticed(item, problem, along.python),
        *_of_packages(along, item, problem),
    )
    channel = channel_of(item, machines, matrix)
    channels = (channel.because,) if channel else ()
    plan = Plan(
        torch=candidate.torch,
        variant=candidate.variant,
        cuda=row.cuda,
        platform=row.platform,
        index_url=row.index_url,
        python=along.python,
        min_driver=str(item.min_driver) if item.min_driver else None,
        cudnn=cudnn_of(row),
        nccl=_nccl(row),
        companions=along.packages,
        gpus=max((len(machine.gpus or ()) for machine in machines), default=1) or 1,
        conda=channel and channel.name,
        glibc=_glibc(along, item, problem),
        notes=(
            *notes_for(item, machines, matrix, runnable, wished=problem.constraints.wishes),
            *(notice.text for notice in known),
            *along.notes,
        ),
        because=tuple(
            dict.fromkeys(
                (*item.because, *along.because, *(r for n in known for r in n.because), *channels)
            )
        ),
        confidence=_confidence(item),
    )
    return _with_image(plan, item, problem)


def with_changes(plan: Plan, hosts: Sequence[ServedHost], judge: Judge, matrix: Matrix) -> Plan:
    """Return *plan* with what it changes on each host that is known by facts, checked by the rules."""
    changes = tuple(
        change
        for host in hosts
        if not host.described
        for change in _changes(plan, host, judge, matrix)
    )
    return plan._replace(changes=tuple(dict.fromkeys(changes)))


def checks_clean(report: Report) -> bool:
    """Whether a report says that kernels run."""
    return report.verdict.value in ("healthy", "degraded")


def _changes(plan: Plan, host: ServedHost, judge: Judge, matrix: Matrix) -> Iterator[Change]:
    from torch_doctor.recommendation.plans.apply import applied

    installed = host.facts.value("torch_version")
    if installed is None:
        yield Change(host.name, f"install {plan.label}")
    elif str(installed) != f"{plan.torch}+{plan.variant}":
        yield Change(host.name, f"replace torch {installed} by {plan.torch}+{plan.variant}")
    if plan.min_driver and host.facts.value("driver_release") is None:
        if host.facts.is_absent("driver_release"):
            yield from _driver(host, plan.min_driver, matrix)
        elif host.facts.value("driver_cuda") is None:
            text = f"the driver must be {plan.min_driver} or newer: its release is not known"
            yield Change(host.name, text, scope="host")
    for finding in judge(applied(host.facts, plan, matrix)).findings:
        if (
            finding.severity is Severity.ERROR
            and finding.explained_by is None
            and not finding.demoted
        ):
            cure = f": {finding.fixes[0].text}" if finding.fixes else ""
            fix = finding.fixes[0] if finding.fixes else Fix("")
            yield _from_fix(host, fix._replace(text=f"{finding.message}{cure}"))


def _driver(host: ServedHost, minimum: str, matrix: Matrix) -> Iterator[Change]:
    from torch_doctor.fixes.cures import Cures
    from torch_doctor.fixes.person import person_of
    from torch_doctor.fixes.wording import worded

    fix = worded(Cures(host.facts, matrix).driver(minimum), person_of(host.facts))
    if fix is not None:
        yield _from_fix(host, fix)


def _from_fix(host: ServedHost, fix: Fix) -> Change:
    return Change(host.name, fix.text, fix.scope, fix.commands, fix.needs_root, fix.needs_reboot)


class _Along(NamedTuple):
    """The companions of a plan, what to know about them, their rows, and the Pythons that all of them have."""

    packages: tuple[PlannedPackage, ...]
    notes: tuple[str, ...]
    because: tuple[Receipt, ...]
    python: tuple[str, ...]


def _companions(item: Accepted, problem: Problem) -> _Along:
    """What was asked for by --with, and torchvision and torchaudio where a host has them: they break otherwise."""
    machines, matrix, offer = problem.machines, problem.matrix, item.candidate.offer
    wanted = _wanted(offer, problem)
    if not wanted:
        return _Along((), (), (), offer.python_tags or ())
    from torch_doctor.matrix.builds.beside import traits_of
    from torch_doctor.recommendation.plans.had import had_by
    from torch_doctor.recommendation.solving.companions.stacks import stack

    chosen = {
        fit.release.package: fit
        for fit in stack(tuple(wanted.values()), offer, machines, matrix).fits
    }
    packages: list[PlannedPackage] = []
    notes: list[str] = []
    rows: list[Receipt] = []
    python = offer.python_tags or ()
    for name in dict.fromkeys((*wanted, *chosen)):
        fit = chosen.get(name)
        rules = sorted(rule.rule for rule in matrix.extension_naming if rule.package == name)
        version = fit.release.version if fit else None
        origin = fit.origin if fit else "default"
        traits = traits_of(name, matrix)
        family = traits is not None and traits.on_torch_index == "every"
        extra = fit.extra if fit else None
        address = fit.address if fit else None
        packages.append(PlannedPackage(name, version, origin, family, tuple(rules), extra, address))
        if fit is not None:
            rows += fit.because
            notes += fit.notes
            notes += had_by(fit, item.candidate.cuda, machines, matrix)
            python = tuple(tag for tag in python if tag in fit.python)
        elif not all(build.on_pypi for build in item.candidate.rows):
            beside = f"beside a {item.candidate.variant} build"
            notes.append(f"whether {name} as PyPI has it works {beside} is not on record")
    return _Along(tuple(packages), tuple(notes), tuple(rows), python)


def _wanted(offer: Offer, problem: Problem) -> dict[str, WantedCompanion]:
    machines, constraints, matrix, hosts = problem
    here = {package.name for host in hosts for package in host.facts.value("packages", ())}
    along = [WantedCompanion(name, None) for name in ("torchvision", "torchaudio") if name in here]
    wanted = {companion.package: companion for companion in (*along, *constraints.companions)}
    if wanted and constraints.prefer == "smallest-change":
        return kept(wanted, offer, machines, hosts, matrix)
    return wanted


def _of_packages(along: _Along, item: Accepted, problem: Problem) -> Iterator[Notice]:
    if along.packages:
        from torch_doctor.recommendation.plans.elsewhere import newer_elsewhere

        yield from left_out(along.packages, problem)
        yield from newer_elsewhere(along.packages, item.candidate, problem)


def _glibc(along: _Along, item: Accepted, problem: Problem) -> str | None:
    if not item.candidate.rows[0].platform.startswith("linux"):
        return None
    from torch_doctor.recommendation.plans.libc import oldest_glibc

    packages = [(package.name, package.version) for package in along.packages]
    return oldest_glibc(packages, item, problem)


def _with_features(along: _Along, item: Accepted, problem: Problem) -> _Along:
    if not problem.constraints.features:
        return along
    from torch_doctor.recommendation.plans.featured import featured

    found = featured(item.candidate.torch, along.python, problem)
    there = {package.name for package in along.packages}
    more = (package for package in found.packages if package.name not in there)
    packages, rows = (*along.packages, *more), (*along.because, *found.because)
    return _Along(packages, along.notes, rows, found.python)


def _with_image(plan: Plan, item: Accepted, problem: Problem) -> Plan:
    machines, constraints, matrix, _ = problem
    if plan.cuda is None or not take_images(machines):
        return plan
    arch = machines[0].arch or "x86_64"
    purpose = "dev" if plan.built else constraints.purpose  # a compiler is in devel images alone
    image = image_for(plan.torch, plan.cuda, arch, purpose, matrix)
    if image is None:
        return plan
    apart = [package.name for package in plan.companions if not package.in_family]
    verb = "are" if len(apart) > 1 else "is"
    more = f"{listing(apart)} {verb} not in the image: --emit dockerfile adds what is missing"
    toolkit = item.candidate.rows[0].toolkit if image.kind == "devel" else None
    gates = of_image(toolkit, item, problem)
    return plan._replace(
        image=image.reference,
        image_kind=image.kind,
        image_status=image.status,
        notes=(*plan.notes, *([more] if apart else ()), *(gate.text for gate in gates)),
        because=(*plan.because, receipt("images", image), *(r for g in gates for r in g.because)),
    )


def _nccl(row: TorchBuild) -> str | None:
    """Return the release of NCCL that a build asks for; its packages are named by CUDA major."""
    return next((v for name, v in row.pins if name.startswith(("nccl", "nvidia-nccl-cu"))), None)


def _confidence(item: Accepted) -> str:
    """The confidence of the builds' rows, and low where a row on the GPUs is."""
    sure = [row.origin.confidence for row in item.candidate.rows]
    sure += ("low" for row in item.because if row.confidence == "low")
    return min(sure, key=("low", "medium", "high").index)
