"""What every format says of a report, worked out once: answer, groups of findings, what could not be checked."""

from __future__ import annotations

from torch_doctor.core.fact import PASTED, Unavailable
from torch_doctor.core.finding import BESIDE_TORCH, Finding, Fix, Receipt, Severity
from torch_doctor.core.judgement import Status
from torch_doctor.core.report import GapKind, Outcome, OutcomeStatus, Report, Verdict
from torch_doctor.core.startup import regex
from torch_doctor.core.text import listing, one_line, plural
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.render.about import of_expectations, of_packages, sentence
from torch_doctor.render.fact_words import fact_words

# What findings of the rules about packages are about where it is no package beside torch.
_NO_PACKAGE = frozenset(("torch", "libraries", "packages", "python"))
_OF_PACKAGES = "packages-"
_RELATIVE = regex(r"[\w.-][\w./ -]*")


class FindingGroup(NamedTuple):
    """A finding that stands on its own, the same finding about other subjects, and what it explains."""

    finding: Finding
    alike: tuple[Finding, ...]
    consequences: tuple[Finding, ...]

    @property
    def subjects(self) -> tuple[str, ...]:
        """Every subject that the finding is about."""
        return tuple(dict.fromkeys(f.subject for f in (self.finding, *self.alike)))


class Unchecked(NamedTuple):
    """Something that could not be checked: a fact that no probe could read, or a rule that crashed."""

    what: str
    why: str
    codes: tuple[str, ...]


def answer(report: Report) -> str:
    """Return the verdict as one sentence."""
    if only_packages_fail(report):
        return of_packages(report.about, observed=report.judgement.observed)
    if only_expectations_fail(report):
        supported = report.judgement.status is Status.SUPPORTED
        return of_expectations(
            report.about, observed=report.judgement.observed, supported=supported
        )
    return sentence(
        report.about,
        report.verdict,
        observed=report.judgement.observed,
        torch=not report.facts.is_absent("torch_version"),
        gpus=bool(report.facts.value("gpus")),
    )


def only_packages_fail(report: Report) -> bool:
    """Whether every error is of a package that torch does without, and torch itself was not seen to fail."""
    causes, facts = _errors(report), report.facts
    failed = (
        facts.value("cuda_available") is False
        or facts.value("torch_import_error")
        or any(result.ok is False for result in facts.value("kernel_results", ()))
    )
    return bool(causes) and not failed and all(_is_of_a_package(f) for f in causes)


def only_expectations_fail(report: Report) -> bool:
    """Whether every error is that the machine is not as its user expects."""
    causes = _errors(report)
    return bool(causes) and all(finding.of_expectation for finding in causes)


def _errors(report: Report) -> list[Finding]:
    """Return the errors that count and that no other explains."""
    errors = [f for f in report.findings if f.severity is Severity.ERROR and not f.demoted]
    return [finding for finding in errors if finding.explained_by is None]


def _is_of_a_package(finding: Finding) -> bool:
    beside = finding.name.startswith(_OF_PACKAGES) or finding.cause in BESIDE_TORCH
    # a library that a package asks for, and torch does not
    beside = beside or (finding.cause == "cudnn-incompatible" and finding.subject != "libraries")
    return beside and finding.subject not in _NO_PACKAGE


def exit_meaning(report: Report) -> str:
    """Return what the exit code of this report says."""
    if report.exit_code == 2:
        return "no verdict: a deciding fact is unknown"
    if report.exit_code == 1:
        broken = report.verdict is Verdict.BROKEN
        if not broken and report.compared is not None and report.compared.worse:
            return f"something is worse than in {one_line(report.compared.name, 200)}"
        return "a problem was found" if broken else "a finding reached --fail-on"
    if report.verdict is Verdict.BROKEN:
        return "problems do not count here (--fail-on never)"
    if report.verdict is Verdict.UNDECIDED:
        return "an undecided verdict passes (--on-unknown ignore)"
    return "nothing stands in the way"


def last_line(report: Report) -> str:
    """Return the line that every report for people ends with."""
    return " ".join(last_words(report))


def last_words(report: Report) -> tuple[str, str]:
    """Return the last line in two parts: the verdict, and what it means."""
    meaning = f"{answer(report)} Exit code {report.exit_code}: {exit_meaning(report)}."
    return f"Verdict: {report.verdict.value}.", meaning


def groups(report: Report) -> tuple[FindingGroup, ...]:
    """Return the findings as they are to be read: the primary cause first, consequences under their cause."""
    order: dict[tuple[str, Severity, bool], list[Finding]] = {}
    for finding in report.findings:
        if finding.explained_by is None:
            key = (finding.code, finding.severity, finding.demoted)
            order.setdefault(key, []).append(finding)
    made = [FindingGroup(first, tuple(rest), ()) for first, *rest in order.values()]
    folded = [f for f in report.findings if f.explained_by is not None]
    owners: dict[str, int] = {}
    for position, group in enumerate(made):
        owners.setdefault(group.finding.code, position)
    for finding in folded:
        position = _owner(finding, folded, owners)
        made[position] = made[position]._replace(
            consequences=(*made[position].consequences, finding)
        )
    return tuple(made)


def unchecked(report: Report) -> tuple[Unchecked, ...]:
    """Return what could not be checked and why, one entry for each reason.

    What does not apply, or was not asked, is not among it; nor is what already stands behind an undecided verdict.
    """
    failed: dict[str, tuple[Unavailable, list[str]]] = {}
    crashed = []
    for outcome in report.outcomes:
        if outcome.status is OutcomeStatus.CRASHED:
            why = f"it crashed: {outcome.error or 'no detail'}"
            crashed.append(Unchecked(f"rule {outcome.name}", why, (outcome.code,)))
        for name, fact in outcome.missing:
            if fact.reason.is_failure:
                failed.setdefault(name, (fact, []))[1].append(outcome.code)
    deciding = {gap.fact for gap in report.why if gap.kind is GapKind.FACT_UNREAD}
    by_reason: dict[str, dict[str, list[str]]] = {}
    for name, (fact, codes) in failed.items():
        if name not in deciding:
            by_reason.setdefault(one_line(str(fact)), {})[name] = codes
    unread = [
        Unchecked(
            listing([fact_words(name) for name in facts]),
            why,
            tuple(dict.fromkeys(code for codes in facts.values() for code in codes)),
        )
        for why, facts in by_reason.items()
    ]
    return (*unread, *crashed)


def missing_words(outcome: Outcome) -> str:
    """Return the facts that a rule could not have, each with why."""
    return "; ".join(f"{fact_words(one.fact)} ({one.why})" for one in outcome.missing)


def why_undecided(report: Report) -> tuple[str, ...]:
    """Return what is missing for a verdict; facts that fail for one reason share a line."""
    if report.verdict is not Verdict.UNDECIDED:
        return ()
    plain = []
    unread: dict[str, dict[str, None]] = {}
    for gap in report.why:
        if gap.kind is GapKind.FACT_UNREAD and gap.fact and gap.why:
            unread.setdefault(str(gap.why), {})[gap.fact] = None
        else:
            plain.append(one_line(gap.text, 2000))
    together = (
        one_line(f"{listing([fact_words(name) for name in names])} could not be read: {why}", 2000)
        for why, names in unread.items()
    )
    return (*plain, *together)


def step_words(step: Fix) -> tuple[str, ...]:
    """Return what to find out next and the commands that tell, each as a line."""
    return (one_line(step.text, 1000), *(one_line(command, 2000) for command in step.commands))


def why_primary(report: Report) -> str:
    """Return why the primary cause stands first."""
    primary = report.primary
    if primary is None:
        return ""
    rivals = [f for f in report.findings if f.severity == primary.severity and not f.demoted]
    apart = {f.code for f in rivals if f.explained_by is None} - {primary.code}
    reasons = [f"its severity, {primary.severity}, is the highest found"]
    explained = sum(f.explained_by == primary.code for f in report.findings)
    if explained:
        reasons.append(f"{plural(explained, 'finding')} of another code can follow from it")
    if apart:
        reasons.append(
            f"of {plural(len(apart) + 1, 'cause')} of that severity it is nearest to the hardware "
            f"({primary.code} before {', '.join(sorted(apart))})"
        )
    return "; ".join(reasons)


def receipts(report: Report) -> tuple[Receipt, ...]:
    """Return every matrix row that the report rests on, each once."""
    rows = [row for finding in report.findings for row in finding.because]
    return tuple(dict.fromkeys((*rows, *report.judgement.because)))


def counts(report: Report) -> dict[str, int]:
    """Return how many findings there are of each severity; demoted ones count as ignored."""
    made = {"error": 0, "warning": 0, "note": 0, "ignored": 0}
    for finding in report.findings:
        made["ignored" if finding.demoted else str(finding.severity)] += 1
    return made


def place_in_checkout(finding: Finding) -> tuple[str, int] | None:
    """Return the file and line of the first evidence that has both, where the file can be one of the checkout."""
    for item in finding.evidence:
        kind, where, line = item.source
        if kind in ("file", *PASTED) and line and _RELATIVE.fullmatch(where) and ".." not in where:
            return where, line
    return None


def fix_limits(scope: str, *, root: bool, reboot: bool) -> str:
    """Return what a cure asks for, ``on the host, needs root and a reboot``, or an empty string."""
    needs = " and ".join(word for word, needed in (("root", root), ("a reboot", reboot)) if needed)
    place = {"host": "on the host", "container": "outside the container"}.get(scope, "")
    return ", ".join(part for part in (place, f"needs {needs}" if needs else "") if part)


def _owner(finding: Finding, folded: list[Finding], owners: dict[str, int]) -> int:
    """Follow explained_by up to a finding that stands on its own; the first group takes the rest."""
    parents = {f.code: f.explained_by for f in folded}
    code, seen = finding.explained_by, set[str]()
    while code is not None and code not in owners and code not in seen:
        seen.add(code)
        code = parents.get(code)
    return owners.get(code or "", 0)
