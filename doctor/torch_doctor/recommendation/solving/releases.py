"""The releases of companions on record, and which of them works beside one build of torch on every machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from torch_doctor.core.finding import Receipt
from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion, DriverRelease, allows
from torch_doctor.matrix.builds.beside import (
    Clash,
    Torch,
    build_for,
    clashes,
    cuda_majors_of,
    own_floor,
    takes,
    traits_of,
)
from torch_doctor.matrix.builds.query import builds_of
from torch_doctor.matrix.builds.rows import Companion, CompanionBuild
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.query import torch_release
from torch_doctor.matrix.store import Matrix, receipt, worked_out_once
from torch_doctor.recommendation.question.asked import WantedCompanion
from torch_doctor.recommendation.solving.neighbours import release_order, unread_code
from torch_doctor.recommendation.solving.offer import Offer

_PIN = regex(r"==\s*(\d+\.\d+\.\d+)")


class Release(NamedTuple):
    """One release of a companion: what it asks of torch, the row of documents, and its builds as they were read."""

    package: str
    version: str
    torch: tuple[str, ...]
    row: Companion | None
    builds: tuple[CompanionBuild, ...]

    @property
    def name(self) -> str:
        """The release in words, ``vllm 0.33.0``."""
        return f"{self.package} {self.version}"

    @property
    def because(self) -> tuple[Receipt, ...]:
        """The rows behind it: where builds were read, these."""
        own = (receipt("companions", self.row),) if self.row else ()
        return tuple(receipt("companion_builds", build) for build in self.builds[:1]) or own


class Fit(NamedTuple):
    """A release that works beside a build: the Pythons that are left, what it pins and what to know about it.

    *origin* is torch (torch's own index), default or source (it is built against the torch that is there).
    *min_driver* is that of a CUDA that it brings itself, *extra* the one by which it asks for that.
    """

    release: Release
    origin: str
    python: tuple[str, ...]
    pins: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    because: tuple[Receipt, ...]
    min_driver: DriverRelease | None = None
    extra: str | None = None


class Releases:
    """The releases of one companion, newest first, found by version and by the torch that nearly every one pins."""

    def __init__(self, every: Iterable[Release]) -> None:
        self.every = tuple(every)
        self.platforms = {b.platform for release in self.every for b in release.builds} or {"any"}
        self._numbered = {release_order(release.version): release for release in self.every}
        self._pinning: dict[str, list[int]] = {}
        self._others: list[int] = []
        for place, release in enumerate(self.every):
            pin = next((m[1] for one in release.torch if (m := _PIN.fullmatch(one))), None)
            places = self._others if pin is None else self._pinning.setdefault(pin, [])
            places.append(place)

    def named(self, version: str) -> Release | None:
        """Return one release by its version, however many zeros that is written with."""
        return self._numbered.get(release_order(version))

    def paired(self, torch: str) -> Iterator[Release]:
        """Yield those that go with *torch*, as far as anything says so, newest first."""
        for place in sorted((*self._pinning.get(torch, ()), *self._others)):
            release = self.every[place]
            if all(allows(spec, torch) for spec in release.torch):
                yield release


class Shelf:
    """The companions on record, each read when it is first asked for."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._known: dict[WantedCompanion, Releases] = {}
        # Releases live as long as the shelf does, so what names them is what they are.
        self._pythons: dict[tuple[object, ...], tuple[str, ...]] = {}
        self._builds: dict[tuple[object, ...], CompanionBuild | Clash | None] = {}
        self._because: dict[int, tuple[Receipt, ...]] = {}

    def releases(self, companion: WantedCompanion) -> Releases:
        """Return the releases that the user would take."""
        if companion not in self._known:
            spec = companion.spec
            every = _releases(companion.package, self._matrix)
            self._known[companion] = Releases(
                release for release in every if spec is None or spec.allows(release.version)
            )
        return self._known[companion]

    def because(self, release: Release) -> tuple[Receipt, ...]:
        """Return the rows behind a release of this shelf."""
        if id(release) not in self._because:
            self._because[id(release)] = release.because
        return self._because[id(release)]

    def pythons(self, release: Release, tags: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of *tags* that a release of this shelf can be installed for."""
        key = (id(release), tags)
        if key not in self._pythons:
            self._pythons[key] = pythons(release, tags)
        return self._pythons[key]

    def build(
        self, release: Release, machine: Machine, tags: tuple[str, ...]
    ) -> CompanionBuild | Clash | None:
        """Return the build that an installer takes of a release of this shelf, or why it takes none."""
        key = (id(release), machine.wheel_platform, machine.python_tag, tags)
        if key not in self._builds:
            self._builds[key] = build_for(release.builds, machine, tags)
        return self._builds[key]


@worked_out_once
def shelf(matrix: Matrix) -> Shelf:
    """Return the companions of *matrix*."""
    return Shelf(matrix)


def unsure_of(release: Release, torch: str, matrix: Matrix) -> str | None:
    """Return what is not known about a release beside *torch*, None where something says that they go together.

    A lower bound in metadata says what a release needs. Compiled against torch's own interface, it is bound to the
    releases that were out when it was built; a wheel for any Python uses the stable one.
    """
    name = release.name
    documented = release.row is not None and bool(release.row.torch) and not release.row.pinned
    if documented or any(re.search(r"==|<|~=", spec) for spec in release.torch):
        return None
    traits = traits_of(release.package, matrix)
    if traits is None or all(build.abi == "source" for build in release.builds):
        return None
    apart = [b.links_torch is False and cuda_majors_of(b, matrix) for b in release.builds]
    if not release.torch and apart and all(apart):
        return None  # it has CUDA code of its own, and links CUDA without torch
    if not release.torch:
        return f"which torch {name} goes with" if traits.without_runtime == "fails" else None
    bound = any(b.links_torch and b.abi in ("cpython", "abi3") for b in release.builds)
    row = torch_release(matrix, torch)
    later = row is not None and (row.released or "") > (release.builds[0].released or "9")
    return f"whether {name} goes with a torch that is newer than it" if bound and later else None


def fit(release: Release, offer: Offer, machines: Sequence[Machine], matrix: Matrix) -> Fit | Clash:
    """Return how a release that goes with this torch works on every machine, or the first thing against it."""
    origin = _origin(release, offer, matrix)
    cuda = CudaVersion.parse(offer.cuda) if offer.cuda else None
    torch = Torch(offer.torch, cuda, offer.index_variant if origin == "torch" else "")
    known = shelf(matrix)
    python = known.pythons(release, offer.python_tags or ())
    notes: list[str] = []
    because: list[Receipt] = []
    picked: list[CompanionBuild] = []
    for machine in machines:
        against = _against_row(release, machine, offer, matrix)
        if against is not None:
            return against
        build = known.build(release, machine, offer.python_tags or ())
        if isinstance(build, Clash):
            return build
        if build is None:
            continue
        picked.append(build)
        unread = unread_code(build, machine, matrix)
        notes += _without_kernels(build, release, machine)
        for clash in (*clashes(build, torch, machine, matrix), *((unread,) if unread else ())):
            if clash.fails:
                return _perhaps_elsewhere(clash, offer, release, matrix)
            notes.append(f"{clash.message}: its own kernels are left out")
            because += clash.because
    if offer.python_tags and not python:
        message = f"{release.name} has no build for a Python of this torch"
        return Clash("companion-python", message, known.because(release))
    floors = (own_floor(b, m, matrix) for b, m in zip(picked, machines, strict=False))
    return Fit(
        release,
        origin,
        python,
        picked[0].pins if picked else (),
        tuple(dict.fromkeys(notes)),
        (*known.because(release), *because),
        max((floor.driver for floor in floors if floor), default=None),
        picked[0].extra if picked else None,
    )


def _without_kernels(build: CompanionBuild, release: Release, machine: Machine) -> list[str]:
    """A wheel for any system beside one for this system: what an installer takes then lacks what was compiled."""
    compiled = {b.platform for b in release.builds if b.needs and build.platform == "any"}
    where = "this Python" if machine.wheel_platform in compiled else machine.wheel_platform
    message = f"{release.name} has no compiled wheel for {where}: its own kernels are left out"
    return [message] if compiled and build.abi != "source" else []


def _perhaps_elsewhere(clash: Clash, offer: Offer, release: Release, matrix: Matrix) -> Clash:
    """What the default index has is not all there is where torch's own index has builds of some variants."""
    traits = traits_of(release.package, matrix)
    some = traits is not None and traits.on_torch_index == "some"
    if not (some and offer.index_variant and clash.kind == "companion-cuda"):
        return clash
    message = (
        f"{clash.message}; whether torch's index has one for {offer.index_variant} is not on record"
    )
    return clash._replace(kind="companion-unknown", message=message)


def pythons(release: Release, tags: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of *tags* that a release can be installed for, as far as that is recorded."""
    if not tags:
        return ()
    if release.builds:
        return tuple(tag for tag in tags if any(takes(build, tag) for build in release.builds))
    return pythons_of(release.row, tags) if release.row else tags


def pythons_of(row: Companion, tags: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of *tags* that documents say a release can be installed for."""
    if row.python_tags is not None and "py3" not in row.python_tags:
        tags = tuple(tag for tag in tags if tag in row.python_tags)
    if row.requires_python is None:
        return tags
    wanted = row.requires_python
    return tuple(tag for tag in tags if allows(wanted, f"{tag[2]}.{tag[3:].rstrip('mt')}"))


def _against_row(release: Release, machine: Machine, offer: Offer, matrix: Matrix) -> Clash | None:
    """What documents say against a release whose builds were not read."""
    row = release.row
    name = release.name
    traits = traits_of(release.package, matrix)
    some = traits is not None and traits.on_torch_index == "some"
    if traits is not None and some and offer.index_variant and not release.builds:
        message = f"whether torch's index has {name} for {offer.index_variant} is not on record"
        return Clash("companion-unknown", message, (receipt("companion_traits", traits),))
    if row is None or release.builds:
        return None
    because = (receipt("companions", row),)
    if machine.python_tag and not pythons_of(row, (machine.python_tag,)):
        tags = ", ".join(row.python_tags or (row.requires_python or "",))
        return Clash("companion-python", f"{name} has wheels for {tags} alone", because)
    platform = machine.wheel_platform
    if row.platforms and platform and platform not in row.platforms:
        return Clash("companion-platform", f"{name} has no wheel for {platform}", because)
    return None


def _origin(release: Release, offer: Offer, matrix: Matrix) -> str:
    """Where a release comes from. What torch's own index of a variant leaves out, the default one may have.

    What brings a CUDA of its own is built against no torch.
    """
    traits = traits_of(release.package, matrix)
    own = traits is not None and traits.without_runtime == "own"
    if release.builds and not own and all(build.abi == "source" for build in release.builds):
        return "source"
    if not offer.index_variant or traits is None or traits.on_torch_index != "every":
        return "default"
    named = (release.package, release.version, offer.index_variant)
    left_out = release.row is None or any(gap[:3] == named for gap in matrix.index_gaps)
    return "default" if left_out else "torch"


def _releases(package: str, matrix: Matrix) -> Iterator[Release]:
    rows = {row.version: row for row in matrix.select(Companion, package=package)}
    builds: dict[str, list[CompanionBuild]] = {}
    for build in builds_of(matrix, package):
        builds.setdefault(build.version, []).append(build)
    for version in sorted({*rows, *builds}, key=release_order, reverse=True):
        row, own = rows.get(version), tuple(builds.get(version, ()))
        asked = (row.torch if row else None, *(build.torch for build in own))
        torch = tuple(dict.fromkeys(spec for spec in asked if spec))
        yield Release(package, version, torch, row, own)
