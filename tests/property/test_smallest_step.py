"""The first cure is the smallest that helps: nothing that changes less would do as much, and a larger one says why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, pairwise

import pytest
from hypothesis import given
from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Action, Finding
from torch_doctor.core.report import Report, Verdict
from torch_doctor.fixes import kinds
from torch_doctor.fixes.cures import Cures
from torch_doctor.fixes.effects.apply import apply
from torch_doctor.fixes.effects.observed import OF_PROGRAMS, OF_THE_DRIVER
from torch_doctor.fixes.judge import GONE
from torch_doctor.fixes.person import person_of
from torch_doctor.fixes.sizes import SIZES, Size, size_of
from torch_doctor.matrix.law.search import runnable_builds

from tests.property.hosts import MATRIX
from tests.property.judging import law, report_on, said_of
from tests.property.test_cures import errors, keys, rank, with_a_case
from tests.property.troubles import troubled
from tests.rules.cases import Case
from tests.rules.test_cases import FIRING

# What may hide GPUs or libraries from a program, each a variable that can be left out.
VARIABLES = (
    *("CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "LD_PRELOAD", "CUDA_DISABLE_PTX_JIT"),
    *("CUDA_MPS_PIPE_DIRECTORY", "TRITON_PTXAS_PATH"),
)
RUNS = (Verdict.HEALTHY, Verdict.DEGRADED)
_SOME = 3  # builds of another release that are tried: where one runs, they mostly do


def test_every_kind_has_a_size() -> None:
    made = {kind for kind in vars(kinds).values() if isinstance(kind, type) and kind is not Action}
    judged = {kind for kind in made if kind.__module__ == kinds.__name__}

    assert judged - SIZES.keys() == {kinds.InstallTorch, kinds.Steps, kinds.ByHand}


@pytest.mark.parametrize("case", FIRING, ids=lambda case: case.id)
def test_cures_of_a_case(case: Case) -> None:
    assert not list(_wrong(case.facts))


@law(150)
@given(troubled() | with_a_case())
def test_cures_of_any_host(facts: Facts) -> None:
    assert not list(_wrong(facts))


def _wrong(facts: Facts) -> Iterator[str]:
    """Yield what speaks against the cures of a host, and against their order."""
    before = report_on(facts)
    for finding in before.findings:
        sized = [
            (size, action)
            for action, fix in zip(finding.actions, finding.fixes, strict=True)
            if fix.judged == GONE and (size := size_of(action, facts)) is not None
        ]
        for (size, action), (other, smaller) in pairwise(sized):
            if size > other:
                yield f"{finding.code}: {action} before {smaller}"
        yield from _jumping(finding, facts)
        if sized and sized[0][1] == finding.actions[0] and finding.explained_by is None:
            yield from _missed(*sized[0], finding, before)


def _jumping(finding: Finding, facts: Facts) -> Iterator[str]:
    """Another release than the installed one is never proposed without a reason, unless it is what was asked for."""
    named = re.findall(r"\b\d+\.\d+(?:\.\d+)?\b", finding.message)
    for action in finding.actions:
        for step in action.steps if isinstance(action, kinds.Steps) else (action,):
            if isinstance(step, kinds.InstallTorch) and size_of(step, facts) is Size.RELEASE:
                asked = any(f"{step.torch}.".startswith(f"{name}.") for name in named)
                if not step.condition and not asked:
                    yield f"{finding.code}: {step.requirement} without a reason"


def _missed(size: Size, action: Action, finding: Finding, before: Report) -> Iterator[str]:
    """What changes less than the first cure of a finding, and would do as much."""
    facts: Facts = before.facts
    for other in _smaller(facts):
        than = size_of(other, facts)
        if than is None or than >= size or _is_forgotten(other, action, finding, facts):
            continue
        if _helps(other, finding, before):
            yield f"{finding.code}: {action}, where {other} would do"
    elsewhere = not person_of(facts).owns_the_machine
    if size is Size.DRIVER or (elsewhere and size is Size.BOOT):
        cures = Cures(facts, MATRIX)
        for row in islice(runnable_builds(cures.machine, MATRIX), _SOME):
            if _helps(cures.install(row), finding, before):
                yield f"{finding.code}: {action}, where torch {row.torch}+{row.variant} runs"


def _is_forgotten(other: Action, action: Action, finding: Finding, facts: Facts) -> bool:
    """Whether *other* only makes what was seen be forgotten, where *action* changes what it rests on."""
    observed = {name: facts[name] for name in (*OF_PROGRAMS, *OF_THE_DRIVER) if name in facts}

    def stays(step: Action) -> bool:
        changed = apply(step, facts, MATRIX)
        if changed is None:
            return True
        return (finding.code, finding.subject) in keys(said_of(changed.with_(**observed)))

    return stays(other) and not stays(action)


def _smaller(facts: Facts) -> Iterator[Action]:
    """Yield steps that change little: leave a variable out, ask for GPUs, take the same torch for another CUDA."""
    for name in VARIABLES:
        if facts.value(name.lower()) is not None:
            yield kinds.UnsetVariable(name, "")
    if facts.value("container") and not facts.value("gpus"):
        yield kinds.RestartContainer("")
    version = facts.value("torch_version")
    if version is not None:
        cures = Cures(facts, MATRIX)
        for row in runnable_builds(cures.machine, MATRIX, version.public):
            yield cures.install(row)


def _helps(action: Action, finding: Finding, before: Report) -> bool:
    """Whether the finding is gone after *action*, and nothing is worse."""
    facts: Facts = before.facts
    changed = apply(action, facts, MATRIX)
    if changed is None or changed == facts:
        return False
    after = said_of(changed)
    if (finding.code, finding.subject) in keys(after) or rank(after) < rank(before):
        return False
    if isinstance(action, kinds.InstallTorch):
        return after.verdict in RUNS
    if isinstance(action, kinds.UnsetVariable):
        observed = {n: facts[n] for n in (*OF_PROGRAMS, *OF_THE_DRIVER) if n in facts}
        if (finding.code, finding.subject) in keys(said_of(changed.with_(**observed))):
            return False  # it is gone only because what was seen is forgotten
    return errors(after) <= errors(before)
