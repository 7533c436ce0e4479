"""The releases of companions on record, and what is known of each, looked up once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from torch_doctor.core.finding import Receipt
from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import DriverRelease, allows
from torch_doctor.matrix.builds.beside import (
    Clash,
    build_for,
    cuda_majors_of,
    takes,
    traits_of,
)
from torch_doctor.matrix.builds.features import other_triton
from torch_doctor.matrix.builds.query import builds_of
from torch_doctor.matrix.builds.rows import Companion, CompanionBuild
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.query import torch_release
from torch_doctor.matrix.store import Matrix, receipt, worked_out_once
from torch_doctor.recommendation.question.asked import WantedCompanion
from torch_doctor.recommendation.solving.companions.neighbours import release_order
from torch_doctor.recommendation.solving.offer import Offer

_PIN = regex(r"==\s*(\d+\.\d+\.\d+)")
_CAPPED = regex(r"==|~=|<")
_CAP = regex(r"<=?\s*(\d[\w.]*)")


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
    def released(self) -> str | None:
        """The day on which it was out, as far as its builds tell."""
        return self.builds[0].released if self.builds else None

    @property
    def from_source(self) -> bool:
        """Whether it is built beside the torch that is there, as far as its builds are on record."""
        return all(build.abi == "source" for build in self.builds)

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

    @property
    def address(self) -> str | None:
        """Where its source is, if no index has it."""
        return self.release.builds[0].index_url if self.origin == "source" else None


class Releases:
    """The releases of one companion, newest first, found by version and by the torch that nearly every one pins."""

    def __init__(self, every: Iterable[Release]) -> None:
        self.every = tuple(every)
        self._numbered = {release_order(release.version): release for release in self.every}
        self._paired: dict[str, tuple[Release, ...]] = {}
        self._pinning: dict[str | None, list[int]] = {}

    @property
    def platforms(self) -> set[str]:
        """Those that any release has a build for."""
        return {build.platform for release in self.every for build in release.builds} or {"any"}

    def named(self, version: str) -> Release | None:
        """Return one release by its version, however many zeros that is written with."""
        return self._numbered.get(release_order(version))

    def paired(self, torch: str) -> tuple[Release, ...]:
        """Return those that go with *torch*, as far as anything says so, newest first."""
        if not self._pinning:
            for place, release in enumerate(self.every):
                pin = next((m[1] for one in release.torch if (m := _PIN.fullmatch(one))), None)
                self._pinning.setdefault(pin, []).append(place)
        if torch not in self._paired:
            there = sorted((*self._pinning.get(torch, ()), *self._pinning.get(None, ())))
            self._paired[torch] = tuple(
                release
                for release in map(self.every.__getitem__, there)
                if all(allows(spec, torch) for spec in release.torch)
            )
        return self._paired[torch]


class Shelf:
    """The companions on record, each read when it is first asked for."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._known: dict[WantedCompanion, Releases] = {}
        # Releases live as long as the shelf does, so what names them is what they are.
        self._pythons: dict[tuple[object, ...], tuple[str, ...]] = {}
        self._builds: dict[tuple[object, ...], CompanionBuild | Clash | None] = {}
        self._because: dict[int, tuple[Receipt, ...]] = {}
        self._unsure: dict[tuple[int, str], str | None] = {}
        self._fits: dict[tuple[object, ...], tuple[str | None, Fit | Clash]] = {}
        self._machines: Sequence[Machine] = ()
        self._beside: tuple[Offer | None, Sequence[Machine], dict[object, tuple[Fit, Fit | Clash]]]
        self._beside = None, (), {}
        # The Pythons of releases with all that they ask for, by what ranges.py names them.
        self.reached: dict[tuple[object, ...], tuple[str, ...] | Clash] = {}

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

    def unsure_of(self, release: Release, torch: str) -> str | None:
        """Return what is not known about a release of this shelf beside *torch*."""
        key = (id(release), torch)
        if key not in self._unsure:
            self._unsure[key] = unsure_of(release, torch, self._matrix)
        return self._unsure[key]

    def fits(
        self, machines: Sequence[Machine]
    ) -> dict[tuple[object, ...], tuple[str | None, Fit | Clash]]:
        """Return what is known of releases of this shelf on *machines*, each with the CUDA that it was asked about."""
        if machines != self._machines:
            self._machines, self._fits = machines, {}
        return self._fits

    def pinned(
        self, offer: Offer, machines: Sequence[Machine]
    ) -> dict[object, tuple[Fit, Fit | Clash]]:
        """Return what is known of releases beside *offer*, with all that they pin; of the last one alone."""
        if self._beside[0] is not offer or self._beside[1] != machines:
            self._beside = offer, machines, {}
        return self._beside[2]

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
        key = (id(release), machine.wheel_platform, machine.python_tag, machine.python, tags)
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
    name, row = release.name, release.row
    if capped := _refused_since(release, torch, matrix):
        return f"whether {name} goes with torch {torch}, which {capped.name} refuses,"
    if triton := other_triton(release.package, release.version, torch, matrix):
        return f"whether {name} goes with torch {torch}, whose triton is {triton},"
    if row is not None and row.torch and release.from_source and not release.torch:
        beyond = allows(row.torch, torch) is False
        return (
            f"whether {name} can be built against another torch than {row.torch}"
            if beyond
            else None
        )
    documented = row is not None and bool(row.torch) and not row.pinned
    if documented or any("==" in spec or "<" in spec or "~=" in spec for spec in release.torch):
        return None
    traits = traits_of(release.package, matrix)
    if traits is None or release.from_source:
        return None
    apart = [b.links_torch is False and cuda_majors_of(b, matrix) for b in release.builds]
    if not release.torch and apart and all(apart):
        return None  # it has CUDA code of its own, and links CUDA without torch
    if not release.torch:
        return f"which torch {name} goes with" if traits.without_runtime == "fails" else None
    bound = any(b.links_torch and b.abi in ("cpython", "abi3") for b in release.builds)
    out = torch_release(matrix, torch)
    later = out is not None and (out.released or "") > (release.builds[0].released or "9")
    return f"whether {name} goes with a torch that is newer than it" if bound and later else None


def _refused_since(release: Release, torch: str, matrix: Matrix) -> Release | None:
    """Return the newest release of a package where that bounds torch below *torch*, and this one bounds it nowhere."""
    newest = next(iter(shelf(matrix).releases(WantedCompanion(release.package, None)).every), None)
    if newest is None or any(_CAPPED.search(spec) for spec in release.torch):
        return None
    refused = (spec for spec in newest.torch if "<" in spec and allows(spec, torch) is False)
    caps = (match[1] for spec in refused for match in _CAP.finditer(spec))
    return newest if any(release_order(torch) >= release_order(cap) for cap in caps) else None


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


def _releases(package: str, matrix: Matrix) -> Iterator[Release]:
    rows = {row.version: row for row in matrix.select(Companion, package=package)}
    builds: dict[str, list[CompanionBuild]] = {}
    for build in builds_of(matrix, package):
        builds.setdefault(build.version, []).append(build)
    for version in sorted({*rows, *builds}, key=release_order, reverse=True):
        row = rows.get(version)
        yield _release(package, version, (row,) if row else (), tuple(builds.get(version, ())))


def _release(
    package: str, version: str, rows: tuple[Companion, ...], builds: tuple[CompanionBuild, ...]
) -> Release:
    row = rows[0] if rows else None
    # What documents say of a source is what its makers tried: it limits what is known, not what can be built.
    tried = bool(builds) and all(build.abi == "source" for build in builds)
    asked = (row.torch if row and not tried else None, *(build.torch for build in builds))
    torch = tuple(dict.fromkeys(spec for spec in asked if spec))
    return Release(package, version, torch, row, builds)
