"""From facts to a report: the law, the cures and the recognised errors are worked out once, then the rules run."""

from __future__ import annotations

from collections.abc import Sequence

from torch_doctor.core.about import About
from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.records import Mirror
from torch_doctor.core.redaction.facts import redact, text_cleaner, without_sensitive
from torch_doctor.core.redaction.identity import Identity
from torch_doctor.core.report import Report
from torch_doctor.core.rule import CURES, ERRORS, JUDGEMENT, Rule
from torch_doctor.engine.evaluate import Earlier, Options, evaluate
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.age import OLD_DAYS, days_old
from torch_doctor.matrix.law.from_facts import judgement_of, machine_of
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.signatures import READ_BY_ERRORS, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules import load_rules


def report_on(
    facts: Facts,
    matrix: Matrix,
    options: Options = Options(),
    rules: Sequence[Rule] | None = None,
    *,
    identity: Identity = Identity(),
    about: About = About(),
    identify: bool = False,
) -> Report:
    """Judge *facts* for somebody to see: the border behind which nothing names a person, a machine or a secret.

    With *identify* the names stay, and credentials go all the same.
    """
    facts = _with_age(redact(facts, identity, identify=identify), matrix)
    report = diagnose(facts, matrix, options, rules)
    if identify:
        return report._replace(about=about)
    clean = text_cleaner(identity)
    about = about._replace(name=clean(about.name), assumed=tuple(map(clean, about.assumed)))
    outcomes = report.outcomes
    if any(outcome.error for outcome in outcomes):  # a traceback holds paths of this program
        outcomes = tuple(
            outcome._replace(error=clean(outcome.error), detail=clean(outcome.detail))
            for outcome in outcomes
        )
    facts = without_sensitive(report.facts)
    return report._replace(facts=facts, outcomes=outcomes, about=about)


def _with_age(facts: Facts, matrix: Matrix) -> Facts:
    """Add how old the matrix is where that limits the report; what a saved report says of its own goes."""
    facts, days = facts.without("matrix_age_days"), days_old(matrix)
    if days <= OLD_DAYS:
        return facts
    return facts.with_(matrix_age_days=Known(days, Source("derived", "the day of the report")))


def diagnose(
    facts: Facts,
    matrix: Matrix,
    options: Options = Options(),
    rules: Sequence[Rule] | None = None,
) -> Report:
    """Judge *facts* by every rule (or by *rules* alone). Pure: nothing of the machine is touched."""
    loaded = load_rules() if rules is None else rules
    facts = with_mirrors(facts, options.mirrors)
    bench = _Bench(facts, matrix, machine_of(facts, matrix))

    def prescribe(report: Report) -> Report:
        from torch_doctor.fixes import prescribe as cures  # without findings nothing is paid for it

        def again(facts: Facts, code: str | None = None, *, proposes: bool = False) -> Report:
            those = loaded if code is None else [rule for rule in loaded if rule.code == code]
            return bench.again(facts, those, options, report, proposes=proposes)

        return cures.prescribe(report, matrix, again)

    report = evaluate(
        facts,
        loaded,
        bench.judgement,
        matrix,
        bench.cures,
        bench.errors,
        options,
        prescribe,
    )
    return _with_measures(report, matrix) if "deep_results" in facts else report


def _with_measures(report: Report, matrix: Matrix) -> Report:
    from torch_doctor.rules.deep._measures import measures

    return report._replace(measured=measures(report.facts, matrix))


def with_mirrors(facts: Facts, mirrors: tuple[Mirror, ...]) -> Facts:
    """Return *facts* with what the settings name in place of package indexes and registries."""
    if not mirrors:
        return facts
    return facts.with_(mirrors=Known(mirrors, Source("user", "settings")))


class _Bench:
    """What rules are given besides facts, of a host and of the same host with some facts changed."""

    def __init__(self, facts: Facts, matrix: Matrix, machine: Machine) -> None:
        self._facts = facts
        self._matrix = matrix
        self.judgement = judgement_of(facts, matrix, machine)
        self.cures = Cures(facts, matrix, machine)
        self.errors = Errors(facts, matrix)

    def again(
        self,
        changed: Facts,
        rules: Sequence[Rule],
        options: Options,
        before: Report,
        *,
        proposes: bool,
    ) -> Report:
        """Judge *changed* facts by *rules*; those that read nothing new keep what they said *before*."""
        names = changed.keys() | self._facts.keys()
        moved = {name for name in names if changed[name] != self._facts[name]}
        machine = machine_of(changed, self._matrix)
        judgement = judgement_of(changed, self._matrix, machine)
        cures = Cures(changed, self._matrix, machine, proposes=proposes)
        errors = self.errors
        if not moved.isdisjoint(READ_BY_ERRORS):
            errors = Errors(changed, self._matrix)
            moved |= {ERRORS} if errors or self.errors else set()
        if judgement != self.judgement:
            moved.add(JUDGEMENT)
        if cures.machine != self.cures.machine:
            moved.add(CURES)
        earlier = Earlier(before, frozenset(moved))
        return evaluate(
            changed, rules, judgement, self._matrix, cures, errors, options, earlier=earlier
        )
