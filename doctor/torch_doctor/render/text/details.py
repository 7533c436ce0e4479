"""What -v adds below the findings: the rows of a yes, every fact with its source, every rule's outcome, times."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.catalog import FACTS, HOST
from torch_doctor.core.codec import describe
from torch_doctor.core.fact import Reason, Unavailable
from torch_doctor.core.report import OutcomeStatus, Report
from torch_doctor.core.text import one_line
from torch_doctor.render.fact_words import fact_words, place_words
from torch_doctor.render.layers import LAYERS, LONG_TITLES
from torch_doctor.render.text.line import Line, Segment, labelled, text

_ORDER = (OutcomeStatus.FOUND, OutcomeStatus.CRASHED, OutcomeStatus.SKIPPED, OutcomeStatus.PASSED)


def detail_lines(report: Report) -> Iterator[Line]:
    """Return the sections that only -v shows."""
    yield from _judgement(report)
    yield from _facts(report)
    yield from _outcomes(report)
    yield from _timing(report)


def _section(title: str) -> Iterator[Line]:
    yield Line()
    yield text(Segment(title, "bold"))


def _judgement(report: Report) -> Iterator[Line]:
    if not report.judgement.because:
        return
    yield from _section("The law of compatibility")
    seen = "observed, a kernel ran" if report.judgement.observed else "predicted"
    yield text(f"{report.judgement.status.value} ({seen})", indent=2)
    for row in report.judgement.because:
        yield text(f"{row.row}: {row.source} ({row.how}, checked {row.checked})", indent=2, hang=4)


def _outcomes(report: Report) -> Iterator[Line]:
    if not report.outcomes:
        return
    yield from _section(f"Rules ({len(report.outcomes)})")
    for status in _ORDER:
        for outcome in report.outcomes:
            if outcome.status is status:
                # the detail stands beside the fact
                missing = ", ".join(
                    f"{fact_words(name)} ({why.reason.value})" for name, why in outcome.missing
                )
                why = f": lacks {missing}" if missing else ""
                words = one_line(f"{outcome.code} {outcome.name}{why}", 2000)
                yield labelled((Segment(status.value, "dim"),), words, indent=2, hang=11)


def _facts(report: Report) -> Iterator[Line]:
    titles = {HOST: "Host", **{layer: LONG_TITLES[layer] for layer in LAYERS}}
    for layer, title in titles.items():
        names = [name for name in report.facts if name in FACTS and FACTS[name].layer == layer]
        if not names:
            continue
        yield from _section(f"Facts: {title}")
        for name in names:
            if _reason(report, name) is None:
                yield _fact(name, report)
        for reason in (Reason.NOT_PRESENT, Reason.NOT_APPLICABLE, Reason.NOT_ASKED):
            without = [name for name in names if _reason(report, name) is reason]
            if without:
                lead = (Segment(f"{reason.value}:", "dim"),)
                words = "; ".join(fact_words(name) for name in without)
                yield labelled(lead, words, indent=2, hang=6 + len(reason.value))


def _fact(name: str, report: Report) -> Line:
    fact = report.facts[name]
    place = place_words(fact.source)
    behind = Segment(f" [{place}]" if place else "", "dim")
    named = Segment(f" ({name})" if fact_words(name) != name else "", "dim")
    return text(
        fact_words(name, fact.source), named, f": {describe(fact)}", behind, indent=2, hang=6
    )


def _reason(report: Report, name: str) -> Reason | None:
    """Why there is nothing to show in full; a failure is shown in full."""
    fact = report.facts[name]
    return fact.reason if isinstance(fact, Unavailable) and not fact.reason.is_failure else None


def _timing(report: Report) -> Iterator[Line]:
    if report.timing:
        yield from _section("Time")
        for name, seconds in sorted(report.timing.items(), key=lambda item: -item[1]):
            lead = (Segment(f"{seconds * 1000:.0f} ms".rjust(9), "dim"),)
            yield labelled(lead, one_line(name), indent=2, hang=13)
