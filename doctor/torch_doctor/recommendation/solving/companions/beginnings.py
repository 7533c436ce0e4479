"""Where the record of a companion begins: whether a release before its oldest one on record could do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from torch_doctor.core.startup import regex
from torch_doctor.core.version import CudaVersion, SmTarget, allows
from torch_doctor.matrix.builds.beside import (
    Clash,
    cuda_majors_of,
    own_floor,
    traits_of,
)
from torch_doctor.matrix.builds.query import (
    cudnn_major,
    ended_gpus,
    floor_of,
    too_old_gpus,
)
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.question.asked import WantedCompanion
from torch_doctor.recommendation.solving.companions.pins import with_pins
from torch_doctor.recommendation.solving.companions.releases import fit
from torch_doctor.recommendation.solving.companions.shelf import Release, shelf
from torch_doctor.recommendation.solving.offer import Offer, Rejection

_LOWEST = regex(r"(?:==|>=|~=)\s*(\d+(?:\.\d+)*)")


def older_might_do(
    companion: WantedCompanion, offer: Offer, machines: Sequence[Machine], matrix: Matrix
) -> Rejection | None:
    """Return that nothing is known of older releases, where even the oldest one on record is too new; else None.

    A system that it never had a build for had none before.
    """
    oldest = _beginning(companion.package, tuple(machines), matrix)
    if oldest is None or (companion.spec is not None and not companion.spec.allows("0")):
        return None
    if not _too_new(oldest, offer, machines, matrix):
        return None
    brief = f"releases of {companion.package} older than {oldest.version} are not on record"
    floor = floor_of(companion.package, matrix, oldest.version)
    if floor and floor.since and _newer_floor(oldest, machines, matrix):
        brief += f": since {floor.since} it asks for GPUs of {floor.capability} or newer"
    message = f"torch {offer.torch}+{offer.variant}: {brief}, and that one is too new for it"
    because = shelf(matrix).because(oldest)
    return Rejection("companion-missing", message, because, brief, decided=False)


@lru_cache(16)
def _beginning(package: str, machines: tuple[Machine, ...], matrix: Matrix) -> Release | None:
    """Return the oldest release on record where what speaks against it need not speak against older ones."""
    known = shelf(matrix).releases(WantedCompanion(package, None))
    there = {machine.wheel_platform for machine in machines} | {"any"}
    if not known.every or not known.platforms & there:
        return None
    oldest = known.every[-1]
    held = any(_holds_for_all(oldest, machine, matrix) for machine in machines)
    return None if held else oldest


def _holds_for_all(release: Release, machine: Machine, matrix: Matrix) -> bool:
    """Whether a machine is ruled out for every release: by its GPU, or by the CUDA that the package is named after."""
    traits = traits_of(release.package, matrix)
    if traits is None:
        return False
    if too_old_gpus(release.package, machine, matrix) or ended_gpus(traits, machine):
        return True
    floors = [own_floor(build, machine, matrix) for build in release.builds] if traits.cuda else []
    driver = machine.driver
    return driver is not None and any(f is not None and driver.release < f.driver for f in floors)


def _too_new(release: Release, offer: Offer, machines: Sequence[Machine], matrix: Matrix) -> bool:
    beyond = _asks_for_a_newer(release.torch, offer.torch)
    if beyond is not None:
        return beyond
    against = fit(release, offer, machines, matrix)
    if not isinstance(against, Clash):
        against = with_pins(against, offer, machines, matrix)
    if not isinstance(against, Clash):
        return False
    if against.kind == "companion-cuda":
        return _newer_cuda(release, offer, matrix)
    if against.kind == "companion-cudnn":
        return _newer_cudnn(release, offer, matrix)
    if against.kind == "companion-gpu":
        return _newer_floor(release, machines, matrix) or _newer_code(release, machines)
    if against.kind == "companion-python":
        return _newer_pythons(release, offer, machines)
    return against.kind in ("companion-driver", "companion-glibc", "companion-asks")


@lru_cache(256)
def _asks_for_a_newer(specs: tuple[str, ...], torch: str) -> bool | None:
    """Whether what a release asks for begins after *torch*; None where it takes that."""
    refusing = [spec for spec in specs if allows(spec, torch) is False]
    if not refusing:
        return None
    lowest = [match[1] for spec in refusing for match in _LOWEST.finditer(spec)]
    return any(release_key(text) > release_key(torch) for text in lowest)


def _newer_cuda(release: Release, offer: Offer, matrix: Matrix) -> bool:
    cuda = CudaVersion.parse(offer.cuda) if offer.cuda else None
    majors = [major for build in release.builds for major in cuda_majors_of(build, matrix)]
    if cuda is None:
        return False
    own = [CudaVersion.parse(text) for build in release.builds for text, _ in build.cudas]
    lacking = bool(own) and cuda not in own and cuda < max(own)
    return lacking or (bool(majors) and min(majors) > cuda.major)


def _newer_cudnn(release: Release, offer: Offer, matrix: Matrix) -> bool:
    wanted = [major for build in release.builds if (major := cudnn_major(build, matrix))]
    return bool(wanted) and offer.cudnn is not None and min(wanted) > offer.cudnn


def _newer_floor(release: Release, machines: Sequence[Machine], matrix: Matrix) -> bool:
    """Whether its makers left out a GPU from some release on, so that one before it may serve that."""
    return any(too_old_gpus(release.package, one, matrix, release.version) for one in machines)


def _newer_code(release: Release, machines: Sequence[Machine]) -> bool:
    targets = [SmTarget.parse(text) for build in release.builds for text in build.archs or ()]
    lowest = min((target.capability for target in targets), default=None)
    have = [gpu.capability for machine in machines for gpu in machine.gpus or () if gpu.capability]
    return lowest is not None and any(one < lowest for one in have)


def _newer_pythons(release: Release, offer: Offer, machines: Sequence[Machine]) -> bool:
    asked = [machine.python_tag for machine in machines if machine.python_tag]
    asked = asked or list(offer.python_tags or ())
    have = [tag for build in release.builds for tag in build.python_tags or ()]
    have += (release.row.python_tags or ()) if release.row else ()
    numbers = [number for tag in have if (number := _minor(tag)) is not None]
    wanted = [number for tag in asked if (number := _minor(tag)) is not None]
    return bool(numbers and wanted) and max(wanted) < min(numbers)


def _minor(tag: str) -> int | None:
    match = re.fullmatch(r"cp3(\d{1,2})m?", tag)
    return int(match[1]) if match else None
