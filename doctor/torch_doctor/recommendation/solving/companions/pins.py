"""What releases of companions pin: it comes along, must work beside torch, and holds for the other companions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain

from torch_doctor.core.version import allows
from torch_doctor.matrix.builds.beside import Clash, too_old_driver, traits_of
from torch_doctor.matrix.builds.overlaps import shared_files
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.builds.toolkits import TOOLKIT, libraries_apart, toolkit_apart
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.query import builds_for
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.recommendation.question.asked import WantedCompanion
from torch_doctor.recommendation.solving.companions.ranges import within
from torch_doctor.recommendation.solving.companions.releases import fit
from torch_doctor.recommendation.solving.companions.shelf import Fit, shelf
from torch_doctor.recommendation.solving.offer import Offer


def with_pins(
    found: Fit,
    offer: Offer,
    machines: Sequence[Machine],
    matrix: Matrix,
    above: tuple[str, ...] = (),
) -> Fit | Clash:
    """What a release pins exactly comes with it, and with that what it pins: all must work beside torch, too.

    *above* are the packages that brought it. Several releases pin the same one: it is looked at once beside a torch.
    """
    known, key = shelf(matrix).pinned(offer, machines), (id(found), above)
    if key not in known:
        known[key] = found, _with_pins(found, offer, machines, matrix, above)
    return known[key][1]


def _with_pins(
    found: Fit, offer: Offer, machines: Sequence[Machine], matrix: Matrix, above: tuple[str, ...]
) -> Fit | Clash:
    apart = _from_torch(found, offer, matrix)
    if apart is not None:
        kind = "companion-unknown" if _brings_cuda(found, matrix) else "companion-pin"
        return Clash(kind, apart, (*found.because, *offer.because))
    left = within(found, offer, machines, matrix)
    if isinstance(left, Clash) and left.kind != "companion-unknown":
        return left._replace(because=(*found.because, *left.because))
    # What stands against it for certain outweighs what is not known.
    python, doubt = (found.python, left) if isinstance(left, Clash) else (left, None)
    least = found.min_driver
    for package, version in found.pins:
        if not version[:1].isdigit() or package in above:
            continue
        pinned = shelf(matrix).releases(WantedCompanion(package, None)).named(version)
        if pinned is None or not pinned.builds:
            against = _gone(found, package, version, matrix)
            if against := against or _off_record(found, package, version, machines, matrix):
                return against
            continue
        other: Fit | Clash = fit(pinned, offer, machines, matrix)
        if not all(allows(spec, offer.torch) for spec in pinned.torch):
            words = f"it goes with torch {' and '.join(pinned.torch)}"
            other = Clash("companion-pin", words, pinned.because)
        if isinstance(other, Fit):
            other = with_pins(other, offer, machines, matrix, (*above, found.release.package))
        if isinstance(other, Clash):
            message = f"{found.release.name} pins {package} {version}: {other.message}"
            clash = other._replace(message=message, because=(*found.because, *other.because))
            if clash.kind != "companion-unknown":
                return clash
            doubt = doubt or clash
            continue
        python = tuple(tag for tag in python if not offer.python_tags or tag in other.python)
        least = max((one for one in (least, other.min_driver) if one), default=None)
    if doubt or (python == found.python and least == found.min_driver):
        return doubt or found
    return found._replace(python=python, min_driver=least)


def _gone(found: Fit, package: str, version: str, matrix: Matrix) -> Clash | None:
    """What is pinned and was taken from the index cannot be installed."""
    named = (package, version, "default")
    row = next((gap for gap in matrix.index_gaps if gap[:3] == named), None)
    if row is None:
        return None
    message = f"{found.release.name} pins {package} {version}, which the package index has no more"
    return Clash("companion-pin", message, (*found.because, receipt("index_gaps", row)))


def _off_record(
    found: Fit, package: str, version: str, machines: Sequence[Machine], matrix: Matrix
) -> Clash | None:
    """What is pinned for one CUDA, by its name, needs a driver for that one in each of its releases."""
    traits = traits_of(package, matrix)
    releases = shelf(matrix).releases(WantedCompanion(package, None)).every
    alike = next((build for release in releases for build in release.builds), None)
    if traits is None or not traits.cuda or alike is None:
        return None
    for machine in machines:
        for clash in too_old_driver(alike._replace(version=version), machine, matrix):
            message = f"{found.release.name} pins {package} {version}: {clash.message}"
            because = (*found.because, receipt("companion_traits", traits), *clash.because)
            return clash._replace(message=message, because=because)
    return None


def agree(one: Fit, other: Fit) -> bool:
    """Whether what one of two pins allows the other, and what both pin is one release."""
    return clash_of(one, other) is None


def clash_of(one: Fit, other: Fit) -> str | None:
    """Say in which pin two releases do not go together, None where they do."""
    for first, second in ((one, other), (other, one)):
        have = second.release
        spec = dict(first.pins).get(have.package)
        if spec and allows(_specifier(spec), have.version) is False:
            return f"{first.release.name} pins {have.package} {spec}, not {have.name}"
    return _apart(one, other.release.name, dict(other.pins))


def _from_torch(found: Fit, offer: Offer, matrix: Matrix) -> str | None:
    """Say in which package a release and torch itself are pinned apart, or that a release brings no CUDA libraries."""
    brings = _brings_cuda(found, matrix)
    if brings and not found.pins:
        return f"{found.release.name} takes the CUDA of the system, of which nothing is known"
    if not found.pins:
        return None
    theirs = dict(offer.pins)
    if TOOLKIT in dict(found.pins) and TOOLKIT not in theirs and offer.cuda:
        # Builds of torch's own index, of which no metadata was read, ask for what that of the default index asks for.
        alike = _toolkit_of(offer.torch, offer.platforms[0], matrix)
        if alike and alike.partition(".")[0] == offer.cuda.partition(".")[0]:
            theirs[TOOLKIT] = offer.cuda
    apart = _apart(found, offer.label, theirs) or _over_torch(found, offer, matrix)
    apart = apart or _no_toolkit(found, offer, matrix)
    if apart is None or not brings:
        return apart
    return f"{apart}: without its extra {found.extra} it takes the CUDA of the system, of which nothing is known"


def _no_toolkit(found: Fit, offer: Offer, matrix: Matrix) -> str | None:
    """Say that no release of the toolkit that a companion asks for has the libraries that torch pins one by one."""
    spec, theirs = dict(found.pins).get(TOOLKIT), dict(offer.pins)
    nearest = toolkit_apart(_specifier(spec), theirs, matrix) if spec else None
    if nearest is None:
        return None
    package = libraries_apart(nearest, theirs)[0]
    wanted = f"{package} {dict(nearest.pins)[package]}"
    return (
        f"{found.release.name} pins {TOOLKIT} {spec}, of which no release has the libraries that {offer.label} pins: "
        f"the nearest, {nearest.version}, has {wanted}, and torch {theirs[package]}"
    )


def _brings_cuda(found: Fit, matrix: Matrix) -> bool:
    """Whether the extra that a release is asked for with is the one that brings a CUDA of its own."""
    traits = traits_of(found.release.package, matrix)
    return bool(found.extra) and traits is not None and traits.without_runtime == "own"


def _over_torch(found: Fit, offer: Offer, matrix: Matrix) -> str | None:
    """Say which library a release brings for another CUDA major than torch: the two write the same files."""
    brought = [
        (package, shared)
        for package, spec in found.pins
        if package.startswith("nvidia-") and (shared := shared_files(package, spec, matrix))
    ]
    major = _major_brought(offer, matrix) if brought else None
    for package, shared in brought if major else ():
        if shared.major != major:
            return f"{found.release.name} brings {package}, and {offer.label} the same files for CUDA {major}"
    return None


def _major_brought(offer: Offer, matrix: Matrix) -> int | None:
    """The CUDA major of NVIDIA's packages that come with torch; None where it holds the libraries itself."""
    own = next((s for name, spec in offer.pins if (s := shared_files(name, spec, matrix))), None)
    if own is not None or not offer.cuda or not offer.platforms[0].startswith("linux"):
        return own.major if own else None
    # What no metadata was read of is packed as the builds of the same release are.
    alike = any(
        shared_files(name, spec, matrix)
        for row in builds_for(matrix, offer.platforms[0])
        if row.torch == offer.torch
        for name, spec in row.pins
    )
    return int(offer.cuda.partition(".")[0]) if alike else None


@lru_cache(64)
def _toolkit_of(torch: str, platform: str, matrix: Matrix) -> str | None:
    """Look at the builds for the platform first: those for others are not read then."""
    own = (row for row in builds_for(matrix, platform) if row.torch == torch)
    other = (row for _ in (1,) for row in matrix.select(TorchBuild, torch=torch))
    pins = (dict(row.pins) for row in chain(own, other))
    return next((one[TOOLKIT] for one in pins if TOOLKIT in one), None)


def _apart(one: Fit, name: str, theirs: Mapping[str, str]) -> str | None:
    for package, spec in one.pins:
        against = theirs.get(package)
        exact, wanted = (spec, against) if spec[:1].isdigit() else (against, spec)
        if not exact or not wanted or not exact[:1].isdigit():
            continue
        if allows(_specifier(wanted), exact) is False:
            return f"{one.release.name} pins {package} {spec}, and {name} pins {package} {against}"
    return None


def _specifier(pin: str) -> str:
    return f"=={pin}" if pin[:1].isdigit() else pin
