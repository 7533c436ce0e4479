"""One page for each rule: its own words, and the first cases in which it fires and stays quiet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from torch_doctor.core.rule import GIVEN, Rule
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.render.text.pages import sections, title_of
from torch_doctor.rules import load_rules

from tests.rules.cases import cases_file, cases_of


def pages() -> Iterator[tuple[str, str]]:
    """Yield the index and every rule's page."""
    rules = load_rules()
    yield "rules/README.md", "\n".join(_index(rules))
    for rule in rules:
        yield f"rules/{rule.code}.md", "\n".join(_page(rule, rules))


def _index(rules: tuple[Rule, ...]) -> Iterator[str]:
    yield "# Rules"
    yield ""
    yield "`torch-doctor explain CODE` shows a rule's page in the terminal. Codes are public and are never used again."
    family = ""
    for rule in rules:
        if rule.family != family:
            family = rule.family
            yield from (
                "",
                f"## {family}",
                "",
                "| code | severity | name | what it finds |",
                "|---|---|---|---|",
            )
        yield f"| [{rule.code}]({rule.code}.md) | {rule.severity} | {rule.name} | {title_of(rule)} |"


def _page(rule: Rule, rules: tuple[Rule, ...]) -> Iterator[str]:
    names = {other.code: other.name for other in rules}
    yield from (f"# {rule.code} {rule.name}", "", title_of(rule), "")
    yield from ("| | |", "|---|---|")
    yield f"| severity | {rule.severity} |"
    yield f"| cause | {f'`{rule.cause}`' if rule.cause else 'none: it stands in the way of nothing'} |"
    yield f"| facts | {', '.join(f'`{n.name}`' for n in rule.needs if n.name not in GIVEN) or 'none'} |"
    explained = ", ".join(
        f"[{code}]({code}.md) {names[code]}" for code in rule.explains if code in names
    )
    yield f"| explains | {explained or 'nothing else'} |"
    if rule.breaks:
        yield f"| breaks | {', '.join(rule.breaks)} |"
    yield f"| since | {rule.since} |"
    for heading, rows in sections(rule.doc):
        yield from ("", f"## {heading}", "")
        yield from (f"- <{row}>" if row.startswith("http") else row for row in rows)
    yield from _examples(rule)


def _examples(rule: Rule) -> Iterator[str]:
    cases = cases_of(rule)
    raw = yaml.safe_load(cases_file(rule).read_text(encoding="utf-8"))
    firing = next((pair for pair in zip(cases, raw, strict=True) if pair[0].expect), None)
    quiet = next((pair for pair in zip(cases, raw, strict=True) if not pair[0].expect), None)
    if firing:
        yield from ("", "## It fires", "", f"{_sentence(firing[0].title)}", "", *_facts(firing[1]))
        for finding in diagnose(firing[0].facts, load_matrix(), rules=[rule]).findings:
            yield from ("", f"> **{finding.subject}**: {finding.message}")
            yield from (f"> - cure: {fix.text}" for fix in finding.fixes)
    if quiet:
        yield from (
            "",
            "## It stays quiet",
            "",
            f"{_sentence(quiet[0].title)}",
            "",
            *_facts(quiet[1]),
        )


def _facts(entry: dict[str, Any]) -> Iterator[str]:
    """The facts that make the case, as its file writes them."""
    given = {
        key: entry[key] for key in ("host", "set", "absent", "unknown", "drop") if key in entry
    }
    if given:
        yield "```yaml"
        yield yaml.safe_dump(given, sort_keys=False, allow_unicode=True, width=100).rstrip()
        yield "```"


def _sentence(title: str) -> str:
    return f"{title[:1].upper()}{title[1:].rstrip('.')}."
