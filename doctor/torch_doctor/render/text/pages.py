"""Rules in words: the list, and the page of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch_doctor import __version__
from torch_doctor.core.about import SCHEMA_VERSION, About
from torch_doctor.core.finding import Topic
from torch_doctor.core.rule import GIVEN, Rule
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
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
    causes = [{"cause": slug, "what": what, "told_by": tells} for slug, what, tells in row.causes]
    return {
        "id": row.id,
        "layer": row.layer,
        "code": row.code,
        "causes": causes,
        "fix": row.fix,
        "source": row.origin.source,
    }


def topic_document(topic: Topic) -> dict[str, Any]:
    """Return what is known of one thing as plain values."""
    lines = [
        {"label": one.label, "words": one.words, "cause": one.cause or None} for one in topic.lines
    ]
    because = [{"row": one.row, "source": one.source} for one in topic.because]
    return {"kind": topic.kind, "title": topic.title, "lines": lines, "because": because}


def topic_lines(topics: Iterable[Topic]) -> Iterator[Line]:
    """Return what is known of things in words, each with where that was read."""
    for topic in topics:
        yield text(Segment(topic.title, "bold"))
        for one in topic.lines:
            style = "ok" if one.label == "cure" else "dim" if one.label in _QUIET else ""
            slug = (Segment(f" {one.cause}", "dim"),) if one.cause else ()
            yield labelled((Segment(one.label, style),), one.words, *slug, indent=2, hang=12)
        sources = list(dict.fromkeys(one.source for one in topic.because))[:_SOURCES]
        for source in sources:
            yield labelled((Segment("source", "dim"),), source, indent=2, hang=12)


def machine_lines(about: About, *, first: bool) -> Iterator[Line]:
    """Return the heading above the report that holds a text against a machine."""
    yield text("Rules know this text.") if first else Line()
    yield text(Segment(f"On {machine(about)}", "bold"))


def near_lines(typed: str, found: Iterable[str]) -> Iterator[Line]:
    """Return that nothing is known of what was typed, and what is called much like it."""
    words = typed.split()
    what = f"Nothing is known of {one_line(typed, 60)!r}." if len(words) <= _SHORT else _NO_ERROR
    yield text(what)
    for name in found:
        yield labelled((Segment("near", "dim"),), name, indent=2, hang=12)
    yield text("torch-doctor rules and torch-doctor matrix list what is known.")


_QUIET = ("told by", "name", "number")
_SOURCES = 3
_SHORT = 2
_NO_ERROR = "No error in this text is on record."
