"""From what rules propose to what a person is shown."""

from __future__ import annotations

from collections.abc import Iterable

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Finding
from torch_doctor.fixes.person import person_of
from torch_doctor.fixes.wording import worded


def prescribe(findings: Iterable[Finding], facts: Facts) -> tuple[Finding, ...]:
    """Return the findings with their cures in words."""
    person = person_of(facts)
    return tuple(
        finding._replace(fixes=tuple(worded(action, person) for action in finding.actions))
        if finding.actions
        else finding
        for finding in findings
    )
