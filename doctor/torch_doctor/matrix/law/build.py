"""The build that the law looks at: the installed one, or one that the matrix records."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from torch_doctor.core.fact import Facts, Unavailable
from torch_doctor.core.startup import regex
from torch_doctor.core.version import CudaVersion, SmTarget, TorchVersion
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.law.arch import OWN_BUILDS
from torch_doctor.matrix.law.default_arch import assumed
from torch_doctor.matrix.law.machine import Build
from torch_doctor.matrix.law.platform import (
    glibc_of,
    platform_of,
    wheel_platform,
)
from torch_doctor.matrix.law.version_strings import default_variant
from torch_doctor.matrix.query import driver_floors, release_key, torch_build
from torch_doctor.matrix.store import Matrix, receipt

_TAG = regex(r"cu\d{2,4}")


def build_of(facts: Facts, matrix: Matrix) -> Build | None:
    """Return the installed build: from its own files first, from the matrix only for what they do not say."""
    version: TorchVersion | None = facts.value("torch_version")
    cuda: CudaVersion | None = facts.value("torch_cuda")
    if version is None:
        return _nameless(facts, cuda, matrix)
    variant = _variant(facts, version, cuda)
    if cuda is None and _TAG.fullmatch(variant):
        cuda = CudaVersion.from_tag(variant)
    platform, brought = wheel_platform(facts), variant
    if not variant and version.is_release and facts.value("torch_origin") != "unknown":
        brought = default_variant(version, platform, matrix)
        has_cuda = facts.value("cuda_available") or facts.value("torch_variant") == "cuda"
        if brought == "cpu" and has_cuda:
            brought = ""  # it is not the default wheel
    row, confidence = _row(matrix, version, brought, platform)
    if row is not None and platform_of(facts) == "jetson" and not (version.local or row.on_pypi):
        confidence = "low"  # untagged, and no such wheel on the package index: somebody built it
    if cuda is None and row is not None and row.cuda and "torch_variant" not in facts:
        cuda, variant = CudaVersion.parse(row.cuda), row.variant
    because = (receipt("torch_builds", row),) if row else ()
    build = Build(
        torch=str(version),
        variant=variant,
        cuda=cuda,
        targets=facts.value("arch_list"),
        floors=driver_floors(matrix, cuda),
        glibc=glibc_of(facts.value("glibc_needed")),
        origin=facts.value("torch_origin", "pytorch"),
        because=because,
    )
    if row is not None and facts["torch_version"].source.kind == "user":
        # nobody has it yet: it must be had as a wheel
        build = build._replace(glibc=glibc_of(row.glibc), python_tags=row.python_tags)
    if build.targets is not None:
        return build
    jetson = platform_of(facts) == "jetson"
    borrowed = confidence == "low" and (jetson or facts.value("torch_origin") in OWN_BUILDS)
    if borrowed:
        return assumed(build._replace(because=()), matrix, jetson=jetson)
    return _as_recorded(build, row, confidence) or assumed(build, matrix, jetson=jetson)


def _as_recorded(build: Build, row: TorchBuild | None, confidence: str) -> Build | None:
    """Return an installed build with the targets of its row, or with the lists that sources tell of it."""
    if row is not None and row.archs is not None:
        targets = _targets((*row.archs, *(row.ptx or ())))
        return build._replace(targets=targets, ptx_known=row.ptx is not None, confidence=confidence)
    if row is not None and row.disputed and confidence != "low":
        return build._replace(readings=_readings(row), confidence=confidence)
    return None


def _nameless(facts: Facts, cuda: CudaVersion | None, matrix: Matrix) -> Build | None:
    """Return a build of which a report tells the CUDA or the targets, but not the version.

    What its CUDA can compile is taken for its targets where nobody asked for the version, not where it was lost.
    """
    targets: tuple[SmTarget, ...] | None = facts.value("arch_list")
    unknown = not targets and (cuda is None or facts.is_lost("torch_version"))
    if facts.is_absent("torch_version") or unknown:
        return None
    build = Build(
        "",
        cuda.tag if cuda else "",
        cuda,
        targets,
        floors=driver_floors(matrix, cuda),
        origin=facts.value("torch_origin", "pytorch"),
    )
    jetson = platform_of(facts) == "jetson"
    rows = _of_tag(matrix, build.variant, wheel_platform(facts))
    if build.targets is not None or jetson or not rows or build.origin in OWN_BUILDS:
        return assumed(build, matrix, jetson=jetson)
    texts = dict.fromkeys(text for row in rows for text in (*(row.archs or ()), *(row.ptx or ())))
    return build._replace(targets=_targets(tuple(texts)), confidence="medium")


@lru_cache(256)
def _of_tag(matrix: Matrix, variant: str, platform: str) -> tuple[TorchBuild, ...]:
    """Return the builds of one CUDA on a platform: whichever it is, it has code for no GPU that none of them has."""
    rows = [
        row for row in matrix.torch_builds if row.variant == variant and row.platform == platform
    ]
    return tuple(rows) if all(row.archs is not None for row in rows) else ()


def published_platforms(facts: Facts, matrix: Matrix) -> frozenset[str]:
    """Return the platforms for which the installed build was published; all there are where it is not on record."""
    version: TorchVersion | None = facts.value("torch_version")
    variant = _variant(facts, version, facts.value("torch_cuda")) if version else ""
    return _platforms(matrix, version.public if version else None, variant)


@lru_cache(256)
def _platforms(matrix: Matrix, torch: str | None, variant: str) -> frozenset[str]:
    rows = [
        row for row in matrix.torch_builds if row.torch == torch and variant in ("", row.variant)
    ]
    return frozenset(row.platform for row in rows or matrix.torch_builds)


def build_of_row(row: TorchBuild, matrix: Matrix) -> Build:
    """Return a build as the matrix records it; made once, because one build is judged on many machines."""
    return _made(row, matrix)


@lru_cache(maxsize=2048)
def _made(row: TorchBuild, matrix: Matrix) -> Build:
    targets = None if row.archs is None else _targets((*row.archs, *(row.ptx or ())))
    cuda = CudaVersion.parse(row.cuda) if row.cuda else None
    floors = driver_floors(matrix, cuda)
    # By place, because names take longer and a question makes hundreds of builds.
    return Build(
        *(row.torch, row.variant, cuda, targets, floors, row.ptx is not None, row.platform),
        *(row.python_tags, glibc_of(row.glibc), "pytorch", row.origin.confidence),
        *((receipt("torch_builds", row),), "", _readings(row)),
    )


def _readings(row: TorchBuild) -> tuple[tuple[SmTarget, ...], ...]:
    return tuple(_targets(tuple(text.split())) for text in row.disputed)


@cache
def _targets(texts: tuple[str, ...]) -> tuple[SmTarget, ...]:
    """Most builds share a handful of lists: each is parsed once."""
    return tuple(map(SmTarget.parse, texts))


def _variant(facts: Facts, version: TorchVersion, cuda: CudaVersion | None) -> str:
    if cuda is not None:
        return cuda.tag
    known = facts.value("torch_variant")
    if known and known != "cuda":
        return str(known)
    fact = facts["torch_cuda"]
    if isinstance(fact, Unavailable) and fact.reason.is_answer:
        return "cpu"
    local = version.local.split(".")[0]
    return local if re.fullmatch(r"cu\d{2,4}|cpu|rocm.*|xpu", local) else ""


@lru_cache(1024)
def _row(
    matrix: Matrix, version: TorchVersion, variant: str, platform: str
) -> tuple[TorchBuild | None, str]:
    """Return the row of a build. A nightly or NGC build borrows its release's row, with low confidence."""
    exact = torch_build(matrix, version.public, variant, platform)
    if exact:
        return exact, exact.origin.confidence
    alike = _of_minor(matrix, version, variant, platform)
    if alike:
        return alike, alike.origin.confidence
    candidates = [
        row
        for row in matrix.torch_builds
        if row.variant == variant
        and row.platform == platform
        and abs(_minor(row.torch) - _minor(version.public)) <= 1
    ]
    nearest = min(candidates, key=lambda row: _distance(row.torch, version), default=None)
    return nearest, "low"


def _of_minor(
    matrix: Matrix, version: TorchVersion, variant: str, platform: str
) -> TorchBuild | None:
    """Return the newest row of a minor release that was named alone, "2.5", where all its rows carry the same code."""
    if not version.is_release or len(version.release) != len(("major", "minor")):
        return None
    rows = [
        row
        for row in matrix.torch_builds
        if row.variant == variant
        and row.platform == platform
        and release_key(row.torch)[:2] == version.release
    ]
    alike = len({(row.archs, row.ptx) for row in rows}) == 1
    return max(rows, key=lambda row: release_key(row.torch)) if alike else None


def _minor(text: str) -> int:
    numbers = [int(part) for part in re.findall(r"\d+", text)[:2]]
    return numbers[0] * 100 + (numbers[1] if len(numbers) > 1 else 0)


def _distance(text: str, version: TorchVersion) -> tuple[int, tuple[int, ...]]:
    return abs(_minor(text) - _minor(version.public)), release_key(text)
