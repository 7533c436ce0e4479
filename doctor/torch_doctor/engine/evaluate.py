"""The engine: hands facts to rules, folds consequences under causes, decides the verdict. It knows no rule by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Finding, Severity, place_of
from torch_doctor.core.judgement import Judgement
from torch_doctor.core.records import Mirror
from torch_doctor.core.report import Outcome, Report, Verdict
from torch_doctor.core.rule import (
    CURES,
    ERRORS,
    JUDGEMENT,
    MATRIX,
    Rule,
)
from torch_doctor.core.startup import Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.engine.running import Ran, Runner, passed
from torch_doctor.engine.verdict import decide, exit_code

# Turns what findings propose into cures in words, and says what to find out next where there is no verdict.
Prescribe = Callable[[Report], Report]
_ERRORS_ALONE = (ERRORS,)


class Options(NamedTuple):
    """How to judge: which codes to run or demote, what fails, what an undecided verdict means.

    *mirrors* stand in for package indexes and registries in every command of a cure.
    """

    only: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    fail_on: Severity | None = Severity.ERROR
    unknown_is_ok: bool = False
    mirrors: tuple[Mirror, ...] = ()


class Earlier(NamedTuple):
    """What was said of nearly the same facts, by rule: one that reads none of what *changed* has nothing new to say."""

    outcomes_before: Mapping[str, Ran]
    changed: frozenset[str]

    def still(self, rule: Rule) -> bool:
        """Whether what was said of *rule* holds unread."""
        return self.changed.isdisjoint(rule.needs.names)


class Derived(NamedTuple):
    """What rules are handed besides facts, each to those that ask for it by name."""

    judgement: Judgement
    matrix: Any = None
    cures: Any = None
    errors: Any = None


def evaluate(
    facts: Facts,
    rules: Sequence[Rule],
    given: Derived,
    options: Options = Options(),
    prescribe: Prescribe | None = None,
    earlier: Earlier | None = None,
) -> Report:
    """Run *rules*, in their order, over *facts* and return the report. A rule that raises becomes a Crashed outcome.

    Without *prescribe* the findings have no cures in words. With *earlier*, rules that read nothing new are not run
    again, and what they find has no evidence.
    """
    judgement, matrix, cures, errors = given
    values = {MATRIX: matrix, JUDGEMENT: judgement, CURES: cures, ERRORS: errors}
    findings, outcomes = _run_all(
        rules, Runner(facts, values, shown=earlier is None), options, earlier
    )
    folded = _fold(findings)
    failures = getattr(errors, "failures", ())
    verdict, why = decide(folded, outcomes, rules, facts, judgement, failures)
    report = Report(
        verdict=verdict,
        findings=folded,
        outcomes=tuple(outcomes),
        facts=facts,
        judgement=judgement,
        why=why,
        matrix_version=getattr(matrix, "version", ""),
        matrix_digest=getattr(matrix, "digest", ""),
        exit_code=exit_code(verdict, folded, options.fail_on, unknown_is_ok=options.unknown_is_ok),
    )
    mendable = any(found.actions or found.severity is Severity.ERROR for found in folded)
    idle = verdict is not Verdict.UNDECIDED and not mendable
    return report if prescribe is None or idle else prescribe(report)


def outcomes_in(report: Report) -> dict[str, Ran]:
    """Return what became of each rule by its code: its findings, and the outcome."""
    found: dict[str, list[Finding]] = {}
    for finding in report.findings:
        found.setdefault(finding.code, []).append(finding)
    return {outcome.code: (found.get(outcome.code, ()), outcome) for outcome in report.outcomes}


def _run_all(
    rules: Sequence[Rule],
    running: Runner,
    options: Options,
    earlier: Earlier | None,
) -> tuple[list[Finding], list[Outcome]]:
    """Run every rule that is asked for; a fallback only where no rule before it found an error."""
    before = earlier.outcomes_before if earlier else {}
    blank = earlier is not None and not running.values[ERRORS]
    findings: list[Finding] = []
    outcomes: list[Outcome] = []
    late = [rule for rule in rules if rule.fallback]
    for rule in (*(rule for rule in rules if not rule.fallback), *late):
        if options.only and not _named(rule, options.only):
            continue
        found: Sequence[Finding] = ()
        if rule.fallback and any(finding.severity is Severity.ERROR for finding in findings):
            outcome = passed(rule.code, rule.name)
        elif earlier and not rule.fallback and rule.code in before and earlier.still(rule):
            found, outcome = before[rule.code]
        elif blank and rule.about == _ERRORS_ALONE and not rule.fallback:
            outcome = passed(rule.code, rule.name)
        else:
            found, outcome = running.run(rule)
        outcomes.append(outcome)
        if found:
            demoted = _named(rule, options.ignore)
            findings += (finding._replace(demoted=demoted) for finding in found)
    return findings, outcomes


def found_by(rule: Rule, facts: Facts, given: Mapping[str, Any]) -> Sequence[Finding]:
    """Return what one rule finds, without evidence; *given* is what it asks for besides facts, as far as it does."""
    return Runner(facts, given, shown=False).run(rule)[0]


def _named(rule: Rule, names: frozenset[str]) -> bool:
    return bool(names & {rule.code, rule.code.lower(), rule.name, rule.family})


def _fold(findings: list[Finding]) -> tuple[Finding, ...]:
    """Order findings and attach each consequence to the first finding that explains it."""
    ranked = sorted(findings, key=rank)
    explained: dict[str, Finding] = {}
    for cause in ranked:
        if cause.severity is Severity.NOTE or cause.demoted:
            continue
        above = explained.get(cause.code)
        for code in cause.explains:
            if code != cause.code and (above is None or above.code != code):
                explained.setdefault(code, cause)
    folded = [one._replace(explained_by=_explained_by(one, explained)) for one in ranked]
    return tuple(
        sorted(folded, key=lambda finding: (finding.explained_by is not None, *rank(finding)))
    )


def _explained_by(finding: Finding, explained: dict[str, Finding]) -> str | None:
    """What runs with a warning does not explain why nothing runs: a cause is at least as severe."""
    cause = explained.get(finding.code)
    return cause.code if cause and cause.severity >= finding.severity else None


def rank(finding: Finding) -> tuple[Any, ...]:
    """Order of findings: demoted last, worst first, named causes first, then by layer; the code keeps it steady."""
    unexplained = finding.cause == "unexplained"
    place = place_of(finding.name)
    return (finding.demoted, -finding.severity, unexplained, place, finding.code, finding.subject)
