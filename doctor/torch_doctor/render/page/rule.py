"""The page of a rule as part of a report: what it checks, why it matters, how it is mended, where that is written."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Rule
from torch_doctor.render.page.markup import address, items, text
from torch_doctor.render.text.pages import sections, title_of

_REFERENCES = "References"
_WHY = "Why it matters"


def why_it_matters(rule: Rule) -> str:
    """Return the paragraph that says what a finding of this rule does to people, or an empty string."""
    found = dict(sections(rule.doc)).get(_WHY)
    return f'<p class="matters"><b>{_WHY}</b> {_prose(found)}</p>' if found else ""


def about(rule: Rule) -> Iterator[str]:
    """Yield what the page of a rule says beside why it matters, folded."""
    yield f'<details class="rule" id="rule-{rule.code}"><summary>About {rule.code} {text(rule.name)}</summary>'
    yield f"<p>{text(title_of(rule))}</p>"
    for heading, lines in sections(rule.doc):
        if heading == _WHY:
            continue
        yield f"<h3>{text(heading)}</h3>"
        if heading == _REFERENCES:
            yield items(address(line.removeprefix("- ").strip("<>")) for line in lines)
        else:
            yield f"<p>{_prose(lines)}</p>"
    yield f"<p>In a terminal: <code>torch-doctor explain {rule.code}</code></p></details>"


def _prose(lines: list[str]) -> str:
    """Return lines as one paragraph; what stands between backticks is code."""
    parts = text(" ".join(lines)).split("`")
    return "".join(
        f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts)
    )
