"""Rules over the facts of one host: what each is handed, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache, cached_property

from torch_doctor.core.fact import Facts, Known, Unavailable
from torch_doctor.core.finding import CAUSES, Finding, Severity
from torch_doctor.core.report import Missing, Outcome, OutcomeStatus
from torch_doctor.core.rule import (
    ERRORS,
    GIVEN,
    JUDGEMENT,
    OF_PACKAGES,
    Draft,
    Needs,
    Rule,
    UndecidedError,
)
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.text import one_line
from torch_doctor.engine.evidence import Evident

if TYPE_CHECKING:
    from torch_doctor.engine.lost import LostFacts

Ran = tuple[Sequence[Finding], Outcome]


class Runner:
    """The facts of one host as rules are handed them, with what they are given besides facts.

    Where findings are not *shown* to anybody, the facts that they rest on are not put into words.
    """

    def __init__(self, facts: Facts, given: Mapping[str, Any], *, shown: bool = True) -> None:
        self.facts = facts
        self._shown = shown
        self.values = {name: fact.value for name, fact in facts.items() if isinstance(fact, Known)}
        self.values.update(given)
        self._there = frozenset(self.values)
        self._asked = frozenset(facts)

    @cached_property
    def _lost(self) -> LostFacts | None:
        if not any(map(self.facts.is_lost, self.facts)):
            return None
        from torch_doctor.engine.lost import LostFacts

        return LostFacts(self.facts)

    def run(self, rule: Rule) -> Ran:
        """Return what *rule* finds, and what became of it; one that raises has crashed."""
        found, outcome = self.alone(rule)
        if self._lost is None or outcome.status in (OutcomeStatus.SKIPPED, OutcomeStatus.CRASHED):
            return found, outcome
        return self._surely(self._lost, rule, found, outcome)

    def alone(self, rule: Rule) -> Ran:
        """Return the same by what is known alone, whatever the lost facts were."""
        if not rule.needs.needed <= self._there:
            return (), self._skipped(rule)
        if rule.about and self._matter.isdisjoint(rule.about) and not self._has_one_of(rule.about):
            return (), passed(rule.code, rule.name)
        try:
            drafts = rule.ready(**arguments(rule.needs, self.facts, self.values, self._there))
            found = [_complete(rule, draft, self._evident) for draft in drafts or ()]
        except UndecidedError as doubt:
            fact = self.facts[doubt.fact]
            missing = (Missing(doubt.fact, fact),) if isinstance(fact, Unavailable) else ()
            return (), Outcome(rule.code, rule.name, OutcomeStatus.SKIPPED, missing)
        except Exception as error:  # noqa: BLE001  the one place where a rule's crash becomes a value
            return (), _crashed(rule, error)
        if not found:
            return (), passed(rule.code, rule.name)
        return found, Outcome(rule.code, rule.name, OutcomeStatus.FOUND)

    def _skipped(self, rule: Rule) -> Outcome:
        """Return the outcome of a rule that lacks facts, with why each is missing."""
        if self._asked.isdisjoint(rule.needs.facts):
            return _never_asked(rule.code, rule.name, rule.required)
        missing = tuple([name for name in rule.needs.required if name not in self._there])
        if self._asked.isdisjoint(missing):
            return _never_asked(rule.code, rule.name, missing)
        gaps = ((name, self.facts[name]) for name in missing)
        lacking = tuple(Missing(name, gap) for name, gap in gaps if isinstance(gap, Unavailable))
        return Outcome(rule.code, rule.name, OutcomeStatus.SKIPPED, lacking)

    def _has_one_of(self, about: tuple[str, ...]) -> bool:
        """Whether one of the packages is installed of which a rule speaks."""
        return any(OF_PACKAGES in name for name in about) and not self._installed.isdisjoint(about)

    @cached_property
    def _matter(self) -> frozenset[str]:
        """The known facts that hold something; the errors where any were seen, the law's answer where it objects."""
        held = {name for name, value in self.values.items() if name not in GIVEN and value}
        judgement = self.values.get(JUDGEMENT)
        held.update((ERRORS,) if self.values.get(ERRORS) else ())
        held.update((JUDGEMENT,) if judgement and judgement.objects else ())
        return frozenset(held)

    @cached_property
    def _installed(self) -> frozenset[str]:
        """The packages by name, as rules say that they speak of one."""
        return frozenset(f"{OF_PACKAGES}{one.name}" for one in self.values.get("packages", ()))

    @cached_property
    def _evident(self) -> Evident | None:
        return Evident(self.facts) if self._shown else None

    def _surely(
        self, lost: LostFacts, rule: Rule, found: Sequence[Finding], outcome: Outcome
    ) -> Ran:
        """Keep of what a rule finds what it finds whatever the lost facts were; those that decide are missing."""

        def finds_error(reading: Facts) -> bool:
            there = found
            if reading is not self.facts:
                read = {name: reading[name] for name in lost.read_by(rule)}
                known = {name: fact.value for name, fact in read.items() if isinstance(fact, Known)}
                there, _ = Runner(reading, {**self.values, **known}).alone(rule)
            return any(one.severity is Severity.ERROR for one in there)

        missing = lost.deciding(rule, finds_error, errors_seen=bool(self.values[ERRORS]))
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
def passed(code: str, name: str) -> Outcome:
    """Most rules pass on most hosts: one value for each will do."""
    return Outcome(code, name, OutcomeStatus.PASSED)


def arguments(
    needs: Needs, facts: Facts, values: Mapping[str, Any], there: AbstractSet[str]
) -> dict[str, Any]:
    """Return what a rule asks for and does not lack; *there* names the *values*: known facts and what is given."""
    given = {name: values[name] for name in needs.taken & there}
    for name in needs.raw:
        given[name] = facts[name]
    return given


@cache
def _never_asked(code: str, name: str, missing: tuple[str, ...]) -> Outcome:
    """A report tells of few facts, and most rules lack the same ones again: one value for each will do."""
    nothing = Facts()
    unsettled = tuple(
        Missing(fact, gap) for fact in missing if isinstance(gap := nothing[fact], Unavailable)
    )
    return Outcome(code, name, OutcomeStatus.SKIPPED, unsettled)


def _complete(rule: Rule, draft: Draft, evident: Evident | None) -> Finding:
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
        evidence=evident.of(rule, draft) if evident else (),
        because=tuple(dict.fromkeys(draft.because)),
        actions=draft.fixes,
        explains=rule.explains,
        confidence=draft.confidence,
        of_expectation=rule.needs.expectation,
    )
