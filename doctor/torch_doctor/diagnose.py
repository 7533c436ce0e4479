"""From facts to a report: the law, the cures and the recognised errors are worked out once, then the rules run."""

from __future__ import annotations

from collections.abc import Sequence

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Finding
from torch_doctor.core.report import Report
from torch_doctor.core.rule import Rule
from torch_doctor.engine.evaluate import Options, evaluate
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.law.from_facts import judgement_of, machine_of
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules import load_rules


def diagnose(
    facts: Facts,
    matrix: Matrix,
    options: Options = Options(),
    rules: Sequence[Rule] | None = None,
) -> Report:
    """Judge *facts* by every rule (or by *rules* alone). Pure: nothing of the machine is touched."""
    machine = machine_of(facts, matrix)
    return evaluate(
        facts,
        load_rules() if rules is None else rules,
        judgement_of(facts, matrix, machine),
        matrix,
        Cures(facts, matrix, machine),
        Errors(facts, matrix),
        options,
        lambda findings: _prescribe(findings, facts),
    )


def _prescribe(findings: Sequence[Finding], facts: Facts) -> Sequence[Finding]:
    """Put cures into words; a host without findings pays nothing for it."""
    from torch_doctor.fixes.prescribe import prescribe

    return prescribe(findings, facts)
