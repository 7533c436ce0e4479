"""A nightly build is asked for by its day, and the index has that day no more.

What it checks
    A requirement that installers did not find and that names a nightly (2.6.0.dev20241113), against the nightlies
    that the index offered in its place.
Why it matters
    Nightlies stay on the index for some weeks. A recipe that pins one fails for every Python from then on.
How to fix
    Take a nightly that is offered, or the release that came of it.
References
    https://pytorch.org/get-started/locally/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import UnresolvedRequirement
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.fixes import actions as fixes

_NIGHTLY = regex(r"(torch(?:vision|audio)?)==((\d+(?:\.\d+)+)\.dev\d{8}(?:\+(\w[\w.]*))?)(?![\w.])")
_CODES = ("TD401", "TD852", "TD853", "TD854", "TD858")


@rule("TD868", severity="error", cause="wheel-index-wrong", explains=_CODES)
def check(unresolved: tuple[UnresolvedRequirement, ...]) -> Iterator[Draft]:
    for wish in unresolved:
        asked = _NIGHTLY.match(wish.requirement)
        nightlies = [version for version in wish.offered or () if ".dev" in version]
        if not asked or not nightlies or asked[2] in nightlies:
            continue
        package, version, release, variant = asked.groups()
        alike = [one for one in nightlies if not variant or one.endswith(f"+{variant}")]
        newest = max(alike or nightlies)
        index = f"https://download.pytorch.org/whl/nightly/{variant}" if variant else ""
        at = f" --index-url {index}" if index else ""
        cures = [
            fixes.by_hand(
                f"take a nightly that the index has ({newest}), and with it those of its companions of that day",
                f'python -m pip install --pre "{package}=={newest}"{at}',
            ),
            fixes.by_hand(
                f"or take the release that came of it, {package} {release} or newer, from the index of releases: "
                "whatever pinned the nightly has a newer version, too"
            ),
        ]
        there = ", ".join(nightlies[-4:])
        message = f"{package} {version} is no longer on the index, which keeps nightlies for some weeks: it has {there}"
        yield finding("index", message, fixes=cures)
        return
