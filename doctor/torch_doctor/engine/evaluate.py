"""The engine: hands facts to rules, folds consequences under causes, decides the verdict. It knows no rule by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from operator import attrgetter

from torch_doctor.core.fact import Facts, Known, Unavailable
from torch_doctor.core.finding import CAUSES, Finding, Severity
from torch_doctor.core.judgement import Judgement
from torch_doctor.core.records import Mirror
from torch_doctor.core.report import Missing, Outcome, OutcomeStatus, Report, Verdict
from torch_doctor.core.rule import (
    CURES,
    ERRORS,
    JUDGEMENT,
    MATRIX,
    Draft,
    Needs,
    Rule,
    UndecidedError,
)
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.engine.evidence import Evident
from torch_doctor.engine.verdict import decide, exit_code

if TYPE_CHECKING:
    from torch_doctor.engine.lost import LostFacts

# Turns what findings propose into cures in words, and says what to find out next where there is no verdict.
Prescribe = Callable[[Report], Report]
_ERRORS_ALONE = (ERRORS,)
# A fallback only has its say after all others.
_ORDER = attrgetter("fallback", "code")


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
    """A report on nearly the same facts: a rule that reads none of what *changed* has nothing new to say."""

    report: Report
    changed: frozenset[str]

    def still(self, rule: Rule) -> bool:
        """Whether what the report says of *rule* holds unread."""
        return self.changed.isdisjoint(rule.needs.names)


def evaluate(
    facts: Facts,
    rules: Sequence[Rule],
    judgement: Judgement,
    matrix: Any = None,
    cures: Any = None,
    errors: Any = None,
    options: Options = Options(),
    prescribe: Prescribe | None = None,
    earlier: Earlier | None = None,
) -> Report:
    """Run *rules* over *facts* and return the report. A rule that raises becomes a Crashed outcome.

    *matrix*, *cures* and *errors* are handed to the rules that ask for them by name. Without *prescribe* the findings
    have no cures in words. With *earlier*, rules that read nothing new are not run again.
    """
    values = {name: fact.value for name, fact in facts.items() if isinstance(fact, Known)}
    values.update({MATRIX: matrix, JUDGEMENT: judgement, CURES: cures, ERRORS: errors})
    findings, outcomes = _run_all(rules, facts, values, options, earlier)
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


def _said(report: Report) -> dict[str, tuple[Sequence[Finding], Outcome]]:
    """Return what became of each rule by its code: its findings, and the outcome."""
    found: dict[str, list[Finding]] = {}
    for finding in report.findings:
        found.setdefault(finding.code, []).append(finding)
    return {outcome.code: (found.get(outcome.code, ()), outcome) for outcome in report.outcomes}


def _run_all(
    rules: Sequence[Rule],
    facts: Facts,
    values: dict[str, Any],
    options: Options,
    earlier: Earlier | None,
) -> tuple[list[Finding], list[Outcome]]:
    """Run every rule that is asked for; a fallback only where no rule before it found an error."""
    said = _said(earlier.report) if earlier else {}
    blank = earlier is not None and not values[ERRORS]
    findings: list[Finding] = []
    outcomes: list[Outcome] = []
    lost = _lost(facts)
    run = _run if lost is None else partial(_run_surely, lost)
    for rule in sorted(rules, key=_ORDER):
        if options.only and not _named(rule, options.only):
            continue
        found: Sequence[Finding] = ()
        if rule.fallback and any(finding.severity is Severity.ERROR for finding in findings):
            outcome = _passed(rule.code, rule.name)
        elif earlier and not rule.fallback and rule.code in said and earlier.still(rule):
            found, outcome = said[rule.code]
        elif blank and rule.about == _ERRORS_ALONE and not rule.fallback:
            outcome = _passed(rule.code, rule.name)
        else:
            found, outcome = run(rule, facts, values)
        outcomes.append(outcome)
        if found:
            demoted = _named(rule, options.ignore)
            findings += (finding._replace(demoted=demoted) for finding in found)
    return findings, outcomes


def found_by(rule: Rule, facts: Facts, given: Mapping[str, Any]) -> Sequence[Finding]:
    """Return what one rule finds; *given* is what it asks for besides facts, as far as it does."""
    values = {name: fact.value for name, fact in facts.items() if isinstance(fact, Known)}
    values.update(given)
    lost = _lost(facts)
    return (_run(rule, facts, values) if lost is None else _run_surely(lost, rule, facts, values))[
        0
    ]


def _named(rule: Rule, names: frozenset[str]) -> bool:
    return bool(names & {rule.code, rule.code.lower(), rule.name, rule.family})


def _run(rule: Rule, facts: Facts, values: dict[str, Any]) -> tuple[Sequence[Finding], Outcome]:
    lacking = [name for name in rule.needs.required if name not in values]
    if lacking:
        return (), _skipped(rule, facts, lacking)
    if rule.about and not rule.has_matter(values):
        return (), _passed(rule.code, rule.name)
    try:
        drafts = rule.check(**_arguments(rule.needs, facts, values))
        evident = Evident(facts)
        found = [_complete(rule, draft, evident) for draft in drafts or ()]
    except UndecidedError as doubt:
        fact = facts[doubt.fact]
        missing = (Missing(doubt.fact, fact),) if isinstance(fact, Unavailable) else ()
        return (), Outcome(rule.code, rule.name, OutcomeStatus.SKIPPED, missing)
    except Exception as error:  # noqa: BLE001  the one place where a rule's crash becomes a value
        return (), _crashed(rule, error)
    if not found:
        return (), _passed(rule.code, rule.name)
    return found, Outcome(rule.code, rule.name, OutcomeStatus.FOUND)


def _lost(facts: Facts) -> LostFacts | None:
    if not any(map(facts.is_lost, facts)):
        return None
    from torch_doctor.engine.lost import LostFacts

    return LostFacts(facts)


def _run_surely(
    lost: LostFacts, rule: Rule, facts: Facts, values: dict[str, Any]
) -> tuple[Sequence[Finding], Outcome]:
    """Keep of what a rule finds what it finds whatever the lost facts were; those that decide are missing."""
    found, outcome = _run(rule, facts, values)
    if outcome.status in (OutcomeStatus.SKIPPED, OutcomeStatus.CRASHED):
        return found, outcome

    def finds_error(reading: Facts) -> bool:
        there = found
        if reading is not facts:
            read = {name: reading[name] for name in lost.read_by(rule)}
            known = {name: fact.value for name, fact in read.items() if isinstance(fact, Known)}
            there, _ = _run(rule, reading, {**values, **known})
        return any(one.severity is Severity.ERROR for one in there)

    missing = lost.deciding(rule, finds_error, errors_seen=bool(values[ERRORS]))
    if not missing:
        return found, outcome
    left = [one for one in found if one.severity is not Severity.ERROR]
    return left, Outcome(rule.code, rule.name, OutcomeStatus.SKIPPED, missing)


def _crashed(rule: Rule, error: Exception) -> Outcome:
    import traceback

    detail = "".join(traceback.format_exception(error, limit=-3))
    raised = one_line("".join(traceback.format_exception_only(error)))
    return Outcome(rule.code, rule.name, OutcomeStatus.CRASHED, detail=detail, error=raised)


@cache
def _passed(code: str, name: str) -> Outcome:
    """Most rules pass on most hosts: one value for each will do."""
    return Outcome(code, name, OutcomeStatus.PASSED)


def _arguments(needs: Needs, facts: Facts, values: dict[str, Any]) -> dict[str, Any]:
    """Return what a rule asks for, where it lacks nothing. *values* are known facts and what is given."""
    arguments = {name: values[name] for name in needs.taken if name in values}
    for name in needs.raw:
        arguments[name] = facts[name]
    return arguments


def _skipped(rule: Rule, facts: Facts, missing: list[str]) -> Outcome:
    """Return the outcome of a rule that lacks facts, with why each is missing."""
    if not any(map(facts.__contains__, missing)):
        return _never_asked(rule.code, rule.name, tuple(missing))
    gaps = ((name, facts[name]) for name in missing)
    told = tuple(Missing(name, gap) for name, gap in gaps if isinstance(gap, Unavailable))
    return Outcome(rule.code, rule.name, OutcomeStatus.SKIPPED, told)


@cache
def _never_asked(code: str, name: str, missing: tuple[str, ...]) -> Outcome:
    """A report tells of few facts, and most rules lack the same ones again: one value for each will do."""
    nothing = Facts()
    told = tuple(
        Missing(fact, gap) for fact in missing if isinstance(gap := nothing[fact], Unavailable)
    )
    return Outcome(code, name, OutcomeStatus.SKIPPED, told)


def _complete(rule: Rule, draft: Draft, evident: Evident) -> Finding:
    severity = draft.severity or rule.severity
    cause = draft.cause or rule.cause
    if severity is Severity.ERROR and cause not in CAUSES:
        msg = f"{rule.code} reports an error without a cause of the closed list: {cause!r}"
        raise ValueError(msg)
    return Finding(
        code=rule.code,
        name=rule.name,
        cause=cause,
        severity=severity,
        subject=draft.subject,
        message=draft.message,
        evidence=evident.of(rule, draft),
        because=tuple(dict.fromkeys(draft.because)),
        actions=draft.fixes,
        explains=rule.explains,
        confidence=draft.confidence,
    )


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
    """Order of findings: demoted last, worst first, named causes first, then the layer (the code's number)."""
    unexplained = finding.cause == "unexplained"
    return (finding.demoted, -finding.severity, unexplained, finding.code, finding.subject)
