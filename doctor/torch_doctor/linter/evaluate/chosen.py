"""Which build of torch an installer takes, by the rows: from which index, of which version, for which CUDA."""

from __future__ import annotations

from collections.abc import Iterable

from torch_doctor.core.startup import Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.linter.record import UNKNOWN, IndexUse, InstallStep, Requirement
from torch_doctor.linter.requirement import TorchIndexed, serves_pypi, torch_index, wheel_named
from torch_doctor.matrix.builds.rows import TorchBuild, TorchRelease
from torch_doctor.matrix.builds.systems import index_of
from torch_doctor.matrix.store import Matrix, worked_out_once


class Chosen(NamedTuple):
    """What one requirement of torch comes to: *row*, None where that is unknown or *missing* says that there is none.

    *no_python* says that there are builds, and none for the Python. *place* is the index that it comes from, None for
    the default one; *variant* is cu126, cpu …, empty where it is not known.
    """

    step: InstallStep
    requirement: Requirement
    row: TorchBuild | None = None
    place: IndexUse | None = None
    missing: bool = False
    no_python: bool = False
    variant: str = ""
    nightly: bool = False

    @property
    def version(self) -> str:
        """The release, as far as it is known."""
        return self.row.torch if self.row else self.requirement.pinned.partition("+")[0]


class OfferedBuild(NamedTuple):
    """One build at one place."""

    row: TorchBuild
    label: str
    place: IndexUse | None


def choose(
    step: InstallStep, wanted: Requirement, python: str, platform: str, matrix: Matrix
) -> Chosen:
    """Return the build that *step* takes for *wanted*; *python* is a tag such as cp311, or empty."""
    made = Chosen(step, wanted)
    if wanted.url:
        return _of_wheel(made, platform, matrix)
    if UNKNOWN in wanted.specifier or may_be_of_conda(step, wanted):
        return made
    places = places_of(step, wanted)
    if any(place is not None and _opaque(place) for place in places):
        return made
    nightly = next((place for place in places if _indexed(place).channel == "nightly"), None)
    if nightly is not None:
        return made._replace(nightly=True, place=nightly, variant=_indexed(nightly).variant)
    if any(_indexed(place).variant.startswith(("rocm", "xpu")) for place in places):
        return made  # their builds are not on record
    constraint = _constrained(step, wanted)
    if constraint is None or beyond(constraint, matrix):
        return made
    if step.tool == "uv":
        places = places[:1]
    offers = [offer for place in places for offer in _offers(place, platform, matrix)]
    allowed = [offer for offer in offers if allows_version(constraint, offer.label)]
    fitting = [
        offer
        for offer in allowed
        if not python or offer.row.python_tags is None or python in offer.row.python_tags
    ]
    doubtful = [one for place in places for one in _unsure(place, constraint, platform, matrix)]
    if not fitting:
        missing = not allowed and not doubtful and bool(places)
        return made._replace(missing=missing, no_python=bool(allowed))
    best = max(fitting, key=lambda offer: parsed(offer.label))
    if any(parsed(one) > parsed(best.label) for one in doubtful):
        return made
    return made._replace(row=best.row, place=best.place, variant=best.row.variant)


def may_be_of_conda(step: InstallStep, wanted: Requirement) -> bool:
    """Whether conda brings a package, or may: of pixi, what names no index of its own."""
    return step.tool == "conda" or (step.tool == "pixi" and not wanted.source)


def _unsure(
    place: IndexUse | None, constraint: str, platform: str, matrix: Matrix
) -> Iterable[str]:
    """Yield builds that a place may have: announced ones, and those that are on record for another platform."""
    variant = _indexed(place).variant
    for row in matrix.select(TorchBuild, variant=variant) if variant else ():
        announced = row.status != "published" and row.platform == platform
        elsewhere = platform not in ("linux-x86_64", row.platform)
        if announced or elsewhere:
            label = f"{row.torch}+{row.variant}"
            if allows_version(constraint, label):
                yield label


def _indexed(place: IndexUse | None) -> TorchIndexed:
    """Return what builds a place serves; nothing where it is no index of torch."""
    return (torch_index(place.url) if place else None) or TorchIndexed("", "", page=False)


def _opaque(place: IndexUse) -> bool:
    return UNKNOWN in place.url or not (torch_index(place.url) or serves_pypi(place))


def places_of(step: InstallStep, wanted: Requirement) -> list[IndexUse | None]:
    """Return where an installer looks: uv in this order until one has the name, pip everywhere."""
    if wanted.source:
        return [IndexUse(wanted.source, wanted.spot)]
    if step.backend and step.backend != "auto":
        return [IndexUse(index_of(step.backend), step.spot)]
    if step.backend == "auto":
        return [IndexUse(UNKNOWN, step.spot)]
    default = [] if "--no-index" in step.flags else [step.main_index]
    pages = [link for link in step.links if not is_index_as_page(link.url)]
    if step.tool == "uv":
        return [*step.extra, *default, *pages]
    return [*default, *step.extra, *pages]


def is_index_as_page(url: str) -> bool:
    """Whether an index of torch is given where a page of files belongs: an installer finds no wheel on it."""
    indexed = torch_index(url)
    return indexed is not None and not indexed.page


def _of_wheel(made: Chosen, platform: str, matrix: Matrix) -> Chosen:
    wheel = wheel_named(made.requirement.url)
    if wheel is None:
        return made
    public, _, local = wheel.version.partition("+")
    row = next(
        iter(matrix.select(TorchBuild, torch=public, variant=local, platform=platform)), None
    )
    return made._replace(
        row=row, variant=local, place=IndexUse(made.requirement.url, made.requirement.spot)
    )


def _constrained(step: InstallStep, wanted: Requirement) -> str | None:
    """Return all that limits the version, with what constraints say; None where it cannot be read."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    parts = [wanted.specifier]
    parts += [
        one.specifier for one in step.constraints if one.name == wanted.name and not one.marker
    ]
    text = ",".join(part for part in parts if part)
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return None
    return None if UNKNOWN in text else text


def parsed(version: str) -> Any:
    """Return a version as it is ordered; the rows' versions are all valid."""
    from packaging.version import Version

    return Version(version)


def allows_version(specifier: str, version: str) -> bool:
    """Whether a specifier takes a version; what cannot be read takes none."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except InvalidSpecifier:
        return False


def beyond(specifier: str, matrix: Matrix) -> bool:
    """Whether a specifier asks for nothing but what is newer than every release on record, or for a pre-release."""
    from packaging.specifiers import SpecifierSet

    from torch_doctor.core.version import TorchVersion

    newest = releases(matrix)[-1]
    for one in SpecifierSet(specifier):
        if one.operator in ("==", "===", "~=", ">=", ">"):
            plain = one.version.removesuffix(".*")
            try:
                version = TorchVersion(plain)
                if not version.is_release and one.operator in ("==", "==="):
                    return True
                if parsed(version.public) > parsed(newest):
                    return True
            except ValueError:
                return True
    return False


@worked_out_once
def releases(matrix: Matrix) -> list[str]:
    """Return the releases on record, oldest first."""
    return sorted((row.version for row in matrix.torch_releases), key=parsed)


def known_release(version: str, matrix: Matrix) -> bool:
    """Whether the builds of a release are on record; 2.1 is 2.1.0."""
    return full(version) in set(releases(matrix))


def full(version: str) -> str:
    """Return a release with three numbers."""
    public = version.partition("+")[0]
    return public if public.count(".") >= 2 else f"{public}.0"


def _offers(place: IndexUse | None, platform: str, matrix: Matrix) -> Iterable[OfferedBuild]:
    indexed = torch_index(place.url) if place else None
    if indexed is not None:
        for row in _of_variant(matrix).get((indexed.variant, platform), ()):
            yield OfferedBuild(row, f"{row.torch}+{row.variant}", place)
        if indexed.page and not indexed.variant:
            for row in matrix.torch_builds:
                if row.platform == platform and row.status == "published":
                    yield OfferedBuild(row, f"{row.torch}+{row.variant}", place)
    elif serves_pypi(place):
        for row in _default(matrix).get(platform, ()):
            yield OfferedBuild(row, row.torch, place)


@worked_out_once
def _of_variant(matrix: Matrix) -> dict[tuple[str, str], list[TorchBuild]]:
    found: dict[tuple[str, str], list[TorchBuild]] = {}
    for row in matrix.torch_builds:
        if row.status == "published":
            found.setdefault((row.variant, row.platform), []).append(row)
    return found


@worked_out_once
def _default(matrix: Matrix) -> dict[str, list[TorchBuild]]:
    """The builds that a plain install brings, by platform."""
    by_key = {(row.torch, row.variant, row.platform): row for row in matrix.torch_builds}
    found: dict[str, list[TorchBuild]] = {}
    release: TorchRelease
    for release in matrix.torch_releases:
        for platform, variant in release.pypi:
            row = by_key.get((release.version, variant, platform))
            if row is not None:
                found.setdefault(platform, []).append(row)
    return found
