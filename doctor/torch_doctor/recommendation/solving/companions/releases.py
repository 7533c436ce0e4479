"""Which releases of companions work beside one build of torch on every machine, and what speaks against the others."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from torch_doctor.core.finding import Receipt
from torch_doctor.core.version import CudaVersion
from torch_doctor.matrix.builds.beside import (
    Clash,
    Torch,
    clashes,
    own_floor,
    traits_of,
)
from torch_doctor.matrix.builds.query import cudnn_major, pins_of
from torch_doctor.matrix.builds.rows import CompanionBuild
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.recommendation.solving.companions.neighbours import unread_code
from torch_doctor.recommendation.solving.companions.shelf import Fit, Release, pythons_of, shelf
from torch_doctor.recommendation.solving.offer import Offer


def fit(release: Release, offer: Offer, machines: Sequence[Machine], matrix: Matrix) -> Fit | Clash:
    """Return how a release that goes with this torch works on every machine, or the first thing against it.

    Builds of one torch for one CUDA major have the same answer, but for what an answer says of their own names.
    """
    origin = _origin(release, offer, matrix)
    own = (origin, _runtime_of(offer), not offer.index_variant, offer.python_tags)
    key = (id(release), offer.torch, *own)
    fits = shelf(matrix).fits(machines)
    if key in fits:
        cuda, known = fits[key]
        return known if isinstance(known, Fit) else _for_cuda(known, cuda, offer.cuda)
    found = _fit(release, origin, offer, machines, matrix)
    if any(cudnn_major(build, matrix) or build.cudas for build in release.builds):
        return found  # builds for one CUDA major need not have one cuDNN, nor one CUDA
    if not found.notes if isinstance(found, Fit) else found.kind == "companion-cuda":
        fits[key] = offer.cuda, found
    return found


def _for_cuda(clash: Clash, cuda: str | None, other: str | None) -> Clash:
    """Say of a build for another CUDA of one major what was said of the one for *cuda*."""
    prefix = f"torch for CUDA {cuda} "
    return clash._replace(message=clash.message.replace(prefix, f"torch for CUDA {other} "))


def _runtime_of(offer: Offer) -> str | None:
    """Builds for one CUDA major bring one runtime; up to CUDA 10 each has its own."""
    major = (offer.cuda or "").partition(".")[0]
    return major if len(major) > 1 and major != "10" else offer.cuda


def _fit(
    release: Release, origin: str, offer: Offer, machines: Sequence[Machine], matrix: Matrix
) -> Fit | Clash:
    torch = _beside(offer, origin)
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
        pins_of(picked[0], machines[0].wheel_platform) if picked else (),
        tuple(dict.fromkeys(notes)),
        (*known.because(release), *because),
        max((floor.driver for floor in floors if floor), default=None),
        picked[0].extra if picked else None,
    )


def _beside(offer: Offer, origin: str) -> Torch:
    variant = offer.index_variant if origin == "torch" else ""
    return _torch_of(offer.torch, offer.cuda, variant, offer.cudnn)


@lru_cache(256)  # many releases are looked at beside one build
def _torch_of(torch: str, cuda: str | None, variant: str, cudnn: int | None) -> Torch:
    return Torch(torch, CudaVersion.parse(cuda) if cuda else None, variant, cudnn)


def _without_kernels(build: CompanionBuild, release: Release, machine: Machine) -> list[str]:
    """A wheel for any system beside one for this system: what an installer takes then lacks what was compiled."""
    pure = build.platform == "any" and not build.needs
    compiled = {other.platform for other in release.builds if other.needs and pure}
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
