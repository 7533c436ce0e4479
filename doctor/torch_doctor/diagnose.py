"""From facts to a report: the law, the cures and the recognised errors are worked out once, then the rules run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from torch_doctor.core.about import About
from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.finding import Finding
from torch_doctor.core.judgement import Judgement
from torch_doctor.core.records import Mirror
from torch_doctor.core.redaction.facts import redact, text_cleaner, without_sensitive
from torch_doctor.core.redaction.identity import Identity
from torch_doctor.core.report import Report
from torch_doctor.core.rule import CURES, ERRORS, GIVEN, JUDGEMENT, Rule
from torch_doctor.core.startup import Any
from torch_doctor.engine.evaluate import (
    Derived,
    Earlier,
    Options,
    Prescribe,
    evaluate,
    found_by,
    outcomes_in,
)
from torch_doctor.engine.running import Ran
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
    bench = GivenToRules(facts, matrix)

    def prescribe(report: Report) -> Report:
        from torch_doctor.fixes import prescribe as cures  # without findings nothing is paid for it

        return cures.prescribe(report, matrix, Rejudge(bench, loaded, options, report))

    report = bench.judged(loaded, options, prescribe)
    return _with_measures(report, matrix) if "deep_results" in facts else report


def _with_measures(report: Report, matrix: Matrix) -> Report:
    from torch_doctor.rules.deep._measures import measures

    return report._replace(measured=measures(report.facts, matrix))


def with_mirrors(facts: Facts, mirrors: tuple[Mirror, ...]) -> Facts:
    """Return *facts* with what the settings name in place of package indexes and registries."""
    if not mirrors:
        return facts
    return facts.with_(mirrors=Known(mirrors, Source("user", "settings")))


class GivenToRules:
    """What rules are given besides facts, of one host: each is worked out when it is first asked for."""

    def __init__(self, facts: Facts, matrix: Matrix, *, proposes: bool = True) -> None:
        self.facts = facts
        self.matrix = matrix
        self._proposes = proposes

    @cached_property
    def _machine(self) -> Machine:
        return machine_of(self.facts, self.matrix)

    @cached_property
    def judgement(self) -> Judgement:
        """The law's answer."""
        return judgement_of(self.facts, self.matrix, self._machine)

    @cached_property
    def cures(self) -> Cures:
        """What would help."""
        return Cures(self.facts, self.matrix, self._machine, proposes=self._proposes)

    @cached_property
    def errors(self) -> Errors:
        """The error texts, by signature."""
        return Errors(self.facts, self.matrix)

    def judged(
        self,
        rules: Sequence[Rule],
        options: Options,
        prescribe: Prescribe | None = None,
        earlier: Earlier | None = None,
    ) -> Report:
        """Return the report of *rules*."""
        given = Derived(self.judgement, self.matrix, self.cures, self.errors)
        return evaluate(self.facts, rules, given, options, prescribe, earlier)

    def of(self, changed: Facts, *, proposes: bool) -> GivenToRules:
        """Return the same for *changed* facts; errors that were read from nothing that changed stay as they are."""
        bench = GivenToRules(changed, self.matrix, proposes=proposes)
        names = READ_BY_ERRORS if "errors" in self.__dict__ else ()
        if names and all(changed[name] == self.facts[name] for name in names):
            bench.errors = self.errors
        return bench

    def given_to(self, rule: Rule) -> dict[str, Any]:
        """Return what *rule* asks for besides facts, and the errors: a lost fact weighs less beside some."""
        return {name: getattr(self, name) for name in (GIVEN & rule.needs.names) | {ERRORS}}


class Rejudge:
    """Judges the facts of a report anew, with some of them changed."""

    def __init__(
        self, bench: GivenToRules, rules: Sequence[Rule], options: Options, before: Report
    ) -> None:
        self._bench = bench
        self._rules = rules
        self._options = options
        self._before = before

    @cached_property
    def _outcomes(self) -> Mapping[str, Ran]:
        """What was said of the facts as they are: where nothing is judged anew nobody asks for it."""
        return outcomes_in(self._before)

    def __call__(self, facts: Facts, code: str | None = None, *, proposes: bool = False) -> Report:
        """Judge by all rules, or that of *code*; those that read nothing new keep what they said before."""
        rules = self._rules if code is None else [rule for rule in self._rules if rule.code == code]
        before, bench = self._bench, self._bench.of(facts, proposes=proposes)
        names = facts.keys() | before.facts.keys()
        moved = {name for name in names if facts[name] != before.facts[name]}
        if bench.errors is not before.errors and (bench.errors or before.errors):
            moved.add(ERRORS)
        if bench.judgement != before.judgement:
            moved.add(JUDGEMENT)
        if bench.cures.machine != before.cures.machine:
            moved.add(CURES)
        earlier = Earlier(self._outcomes, frozenset(moved))
        return bench.judged(rules, self._options, earlier=earlier)

    def still_says(self, finding: Finding, facts: Facts) -> bool:
        """Whether the rule of *finding* says it of *facts*, too."""
        rule = next(rule for rule in self._rules if rule.code == finding.code)
        found = found_by(rule, facts, self._bench.of(facts, proposes=False).given_to(rule))
        return any((one.code, one.subject) == (finding.code, finding.subject) for one in found)
