"""Rules in words: the list, and the page of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from torch_doctor import __version__
from torch_doctor.core.codec import SCHEMA_VERSION
from torch_doctor.core.report import About
from torch_doctor.core.rule import GIVEN, Rule
from torch_doctor.render.about import machine
from torch_doctor.render.text.line import Line, Segment, labelled, text


def tool_head() -> dict[str, Any]:
    """Return what every JSON document begins with."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "torch-doctor", "version": __version__},
    }


def title_of(rule: Rule) -> str:
    """Return the first line of a rule's page."""
    return rule.doc.strip().partition("\n")[0]


def sections(doc: str) -> list[tuple[str, list[str]]]:
    """Split a rule's docstring into headings and their lines; the title is not among them."""
    found: list[tuple[str, list[str]]] = []
    for row in doc.strip().splitlines()[1:]:
        if row and not row[0].isspace():
            found.append((row.strip(), []))
        elif row.strip() and found:
            found[-1][1].append(row.strip())
    return found


def rule_document(rule: Rule) -> dict[str, Any]:
    """Return a rule as plain values."""
    return {
        "code": rule.code,
        "name": rule.name,
        "family": rule.family,
        "severity": str(rule.severity),
        "cause": rule.cause,
        "since": rule.since,
        "title": title_of(rule),
        "needs": [need.name for need in rule.needs if need.name not in GIVEN],
        "explains": list(rule.explains),
        "sections": {heading: " ".join(rows) for heading, rows in sections(rule.doc)},
    }


def rule_lines(rules: Iterable[Rule]) -> Iterator[Line]:
    """Return the list of rules, by family."""
    family = ""
    for rule in rules:
        if rule.family != family:
            if family:
                yield Line()
            family = rule.family
            yield text(Segment(family, "bold"))
        lead = (Segment(f"{rule.code} "), Segment(f"{rule.severity!s:8}", str(rule.severity)))
        yield labelled(lead, f"{rule.name}: {title_of(rule)}", indent=2, hang=17)


def page_lines(rule: Rule) -> Iterator[Line]:
    """Return the page of one rule."""
    yield text(
        Segment(f"{rule.code} {rule.name}", "bold"),
        Segment(f" {rule.severity}", str(rule.severity)),
    )
    yield text(title_of(rule), indent=2)
    for heading, rows in sections(rule.doc):
        yield Line()
        yield text(Segment(heading, "bold"), indent=2)
        if heading == "References":
            yield from (text(row, indent=4) for row in rows)
        else:
            yield text(" ".join(rows), indent=4)
    yield Line()
    needs = ", ".join(need.name for need in rule.needs if need.name not in GIVEN)
    yield labelled((Segment("facts", "dim"),), needs or "none", indent=2, hang=12)
    if rule.cause:
        yield labelled((Segment("cause", "dim"),), rule.cause, indent=2, hang=12)
    if rule.explains:
        yield labelled((Segment("explains", "dim"),), ", ".join(rule.explains), indent=2, hang=12)
    yield labelled((Segment("since", "dim"),), rule.since, indent=2, hang=12)
    yield Line()


def signature_document(row: Any) -> dict[str, Any]:
    """Return an error's signature as plain values."""
    causes = [{"cause": slug, "what": what, "told_by": told} for slug, what, told in row.causes]
    return {
        "id": row.id,
        "layer": row.layer,
        "code": row.code,
        "causes": causes,
        "fix": row.fix,
        "source": row.origin.source,
    }


def signature_lines(rows: Sequence[Any], about: About) -> Iterator[Line]:
    """Return what is known of the errors in a text: their causes, what tells these apart, and the cure."""
    if not rows:
        yield text("No error in this text is on record.")
    for row in rows:
        number = f", CUDA error {row.code}" if row.code is not None else ""
        yield text(
            Segment(row.id.replace("_", " "), "bold"), Segment(f" ({row.layer}{number})", "dim")
        )
        for slug, what, told in row.causes:
            yield labelled(
                (Segment("can be"),),
                what,
                Segment(f" {slug}" if slug else "", "dim"),
                indent=2,
                hang=12,
            )
            yield labelled((Segment("told by", "dim"),), told, indent=2, hang=12)
        yield labelled((Segment("cure", "ok"),), row.fix, indent=2, hang=12)
        yield labelled((Segment("source", "dim"),), row.origin.source, indent=2, hang=12)
    yield Line()
    yield text(Segment(f"On {machine(about)}", "bold"))
