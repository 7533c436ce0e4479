"""What every law needs: the rules, how hard to look, and the report on a host."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from torch_doctor.core.fact import Facts
from torch_doctor.core.report import Report, Verdict
from torch_doctor.diagnose import diagnose
from torch_doctor.engine.evaluate import Derived, evaluate
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.law.from_facts import judgement_of, machine_of
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules import load_rules

from tests.property.hosts import MATRIX, SCALE

RULES = load_rules()
RUNS = (Verdict.HEALTHY, Verdict.DEGRADED)


def law(examples: int) -> settings:
    """Return the settings of a law: no deadline, since the first example loads the matrix."""
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    return settings(max_examples=round(examples * SCALE), deadline=None, suppress_health_check=slow)


def report_on(facts: Facts, matrix: Matrix = MATRIX) -> Report:
    """Return the report on *facts*, by every rule."""
    return diagnose(facts, matrix, rules=RULES)


def said_of(facts: Facts) -> Report:
    """Return what every rule says of *facts*; no cure is searched for, which takes most of the time of a report."""
    seen = machine_of(facts, MATRIX)
    cures = Cures(facts, MATRIX, seen, proposes=False)
    law = judgement_of(facts, MATRIX, seen)
    return evaluate(facts, RULES, Derived(law, MATRIX, cures, Errors(facts, MATRIX)))
