"""A nightly build is asked for by its day, and the index has that day no more.

What it checks
    A requirement that installers did not find and that names a nightly (2.6.0.dev20241113), against the nightlies
    that the index offered in its place; and somebody's words that the index does not have that day.
Why it matters
    Nightlies stay on the index for some weeks. A recipe that pins one fails for every Python from then on.
How to fix
    Take a nightly that is offered, or the release that came of it.
References
    https://pytorch.org/get-started/locally/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.records import UnresolvedRequirement
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.builds.systems import index_of

_NIGHTLY = regex(r"(torch(?:vision|audio)?)==((\d+(?:\.\d+)+)\.dev\d{8}(?:\+(\w[\w.]*))?)(?![\w.])")
_CODES = ("TD401", "TD852", "TD853", "TD854", "TD858")


@rule("TD868", severity="error", cause="wheel-index-wrong", explains=_CODES)
def check(unresolved: tuple[UnresolvedRequirement, ...]) -> Iterator[Draft]:
    offered = {wish.requirement for wish in unresolved if wish.offered is not None}
    for wish in unresolved:
        asked = _NIGHTLY.match(wish.requirement)
        nightlies = [version for version in wish.offered or () if ".dev" in version]
        untold = wish.requirement not in offered
        if not asked or not (nightlies or untold) or asked[2] in nightlies:
            continue
        package, version, release, variant = asked.groups()
        cures = [
            fixes.by_hand(
                f"or take the release that came of it, {package} {release} or newer, from the index of releases: "
                "whatever pinned the nightly has a newer version, too"
            ),
        ]
        message = (
            f"{package} {version} is no longer on the index, which keeps nightlies for some weeks"
        )
        if nightlies:
            message += f": it has {', '.join(nightlies[-4:])}"
            alike = [one for one in nightlies if not variant or one.endswith(f"+{variant}")]
            cures.insert(0, _that_is_there(package, max(alike or nightlies), variant))
        yield finding("index", message, fixes=cures, confidence="high" if nightlies else "medium")
        return


def _that_is_there(package: str, newest: str, variant: str | None) -> Action:
    """Return the install of the *newest* nightly that the index has."""
    index = index_of(f"nightly/{variant}") if variant else ""
    at = f" --index-url {index}" if index else ""
    return fixes.by_hand(
        f"take a nightly that the index has ({newest}), and with it those of its companions of that day",
        f'python -m pip install --pre "{package}=={newest}"{at}',
    )
