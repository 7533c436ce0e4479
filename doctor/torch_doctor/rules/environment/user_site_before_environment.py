"""Packages in the user's site directory come before those of the environment.

What it checks
    Packages of torch's family under ~/.local (or %APPDATA%) that an import takes before another version elsewhere.
Why it matters
    conda environments, system Pythons and containers that mount the home directory see them, unasked.
How to fix
    Set PYTHONNOUSERSITE=1, or uninstall them there.
References
    https://docs.python.org/3/library/site.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.interpreters import in_user_site
from torch_doctor.rules.environment._watchers import WATCHERS, weight


@rule("TD903", severity="warning", about=("packages",))
def check(
    packages: tuple[Package, ...],
) -> Iterator[Draft]:
    first: dict[str, Package] = {}
    hidden: dict[str, str] = {}
    for package in packages:
        taken = first.setdefault(package.name, package)
        users = in_user_site(taken.location)
        if users and package.version != taken.version and not in_user_site(package.location):
            words = f"{taken.name} {taken.version} (the environment has {package.version})"
            hidden[taken.name] = words
    if hidden:
        why = "Python then ignores the user's site directory"
        cause, severity = weight(hidden)
        ordered = sorted(hidden, key=lambda name: name in WATCHERS)
        shown = listing([hidden[name] for name in ordered[:4]])
        yield finding(
            "environment",
            f"the user's site directory comes before the environment for {shown}",
            cause=cause,
            severity=severity,
            fixes=[fixes.set_variable("PYTHONNOUSERSITE", "1", why)],
        )
