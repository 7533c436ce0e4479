"""What releases of companions ask for by a range: one release of it must have a build for the system and the Python.

Where only some Pythons have one, those are left. What that asks for in turn is asked in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torch_doctor.core.finding import Receipt
from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import allows
from torch_doctor.matrix.builds.beside import Clash
from torch_doctor.matrix.builds.query import pins_of
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.question.asked import WantedCompanion
from torch_doctor.recommendation.solving.companions.neighbours import release_order
from torch_doctor.recommendation.solving.companions.shelf import Fit, Release, shelf
from torch_doctor.recommendation.solving.offer import Offer

_LEAST = regex(r"(?:>=|~=|>|==)\s*(\d[\w.]*)")


class _Asking(NamedTuple):
    """Who installs: the machines and the Pythons of torch; *above* are the packages that asked so far."""

    machines: tuple[Machine, ...]
    tags: tuple[str, ...]
    matrix: Matrix
    above: tuple[str, ...]


def within(
    found: Fit, offer: Offer, machines: Sequence[Machine], matrix: Matrix
) -> tuple[str, ...] | Clash:
    """Return the Pythons of *found* for which all can be had that it asks for by a range, else what is lacking.

    A package of which nothing is on record leaves all of them.
    """
    above = (found.release.package,)
    asking = _Asking(tuple(machines), offer.python_tags or (), matrix, above)
    ranges = (pin for pin in found.pins if not pin[1][:1].isdigit())
    return _left(found.release.name, ranges, found.python, asking)


def _left(
    name: str, pins: Iterable[tuple[str, str]], python: tuple[str, ...], asking: _Asking
) -> tuple[str, ...] | Clash:
    had = python
    for package, spec in pins:
        if package in asking.above:
            continue
        every = shelf(asking.matrix).releases(WantedCompanion(package, None)).every
        exact = f"=={spec}" if spec[:1].isdigit() else spec
        allowed = [one for one in every if one.builds and allows(exact, one.version)]
        if not allowed:
            continue
        there, newest = _any_of(allowed, python, asking)
        python = tuple(tag for tag in python if tag in (there or ()))
        if there is None or (had and not python):
            against = newest or _no_python(allowed[0])
            return _lacking(f"{name} asks for {package} {exact}", against, exact, every)
    return python


def _any_of(
    allowed: Sequence[Release], python: tuple[str, ...], asking: _Asking
) -> tuple[set[str] | None, Clash | None]:
    """Return the Pythons for which one of *allowed* can be had, None where none can at all, and what the newest lacks.

    No more are looked at once all of *python* is there.
    """
    there: set[str] | None = None
    newest = None
    for release in allowed:
        answer = _pythons(release, asking)
        if isinstance(answer, Clash):
            newest = answer if release is allowed[0] else newest
            continue
        there = {*(there or ()), *answer}
        if there.issuperset(python):
            break
    return there, newest


def _pythons(release: Release, asking: _Asking) -> tuple[str, ...] | Clash:
    """Return the Pythons that a release can be installed for, with all that it asks for; many ask for the same ones."""
    reached = shelf(asking.matrix).reached
    machines = tuple((one.wheel_platform, one.python_tag, one.python) for one in asking.machines)
    key = (id(release), machines, asking.tags, frozenset(asking.above))
    if key not in reached:
        reached[key] = _reach(release, asking)
    return reached[key]


def _reach(release: Release, asking: _Asking) -> tuple[str, ...] | Clash:
    known = shelf(asking.matrix)
    builds = [known.build(release, machine, asking.tags) for machine in asking.machines]
    python = known.pythons(release, asking.tags)
    asking = asking._replace(above=(*asking.above, release.package))
    for build, machine in zip(builds, asking.machines, strict=True):
        if isinstance(build, Clash):
            return build
        left = (
            _left(release.name, pins_of(build, machine.wheel_platform), python, asking)
            if build
            else python
        )
        if isinstance(left, Clash):
            return left
        python = left
    return python


def _no_python(release: Release) -> Clash:
    message = f"{release.name} has no build for a Python of this torch"
    return Clash("companion-python", message, release.because)


def _lacking(asks: str, newest: Clash, spec: str, every: Sequence[Release]) -> Clash:
    """Where older releases would do, too, and are not on record, it is not known."""
    first = every[-1]
    least = [match[1] for match in _LEAST.finditer(spec)]
    whole = any(release_order(one) >= release_order(first.version) for one in least)
    because: tuple[Receipt, ...] = newest.because
    if whole:
        return Clash("companion-asks", f"{asks}: {newest.message}", because)
    open_ = f"whether a release before {first.name} has one is not on record"
    return Clash("companion-unknown", f"{asks}: {newest.message}, and {open_}", because)
