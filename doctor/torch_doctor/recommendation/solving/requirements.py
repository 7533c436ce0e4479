"""What the user demands of a build beyond running: versions, features and companions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from torch_doctor.core.version import ComputeCapability, SmTarget
from torch_doctor.matrix.law.arch import cubin_runs
from torch_doctor.matrix.law.machine import GpuTraits, Machine
from torch_doctor.matrix.rows import Feature
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.recommendation.question.asked import Constraints
from torch_doctor.recommendation.solving.offer import Offer, Rejection


def unmet(
    offer: Offer, machines: Sequence[Machine], constraints: Constraints, matrix: Matrix
) -> Iterator[Rejection]:
    """Yield each demand of *constraints* that this build does not meet."""
    yield from _versions(offer, constraints)
    for feature in constraints.features:
        yield from _without_feature(feature, machines)
        yield from _build_without(feature, offer, machines, matrix)
    if constraints.companions:
        for feature in _features_of(constraints, matrix):
            yield from _without_feature(feature, machines)
        yield from _over_each_other(constraints, matrix)
        for companion in constraints.companions:
            yield from _too_old(companion.package, machines, matrix)
        from torch_doctor.recommendation.solving.companions.stacks import stack

        yield from stack(constraints.companions, offer, machines, matrix).reasons


def _over_each_other(constraints: Constraints, matrix: Matrix) -> Iterator[Rejection]:
    """Two packages that write the same files, of whatever torch: the one that is installed last replaces the other."""
    asked = {companion.package for companion in constraints.companions}
    rows = [row for row in matrix.same_files if row.package in asked] if len(asked) > 1 else []
    for one, other in combinations(rows, 2):
        pinned = one.package.removesuffix("-bindings") == other.package.removesuffix("-bindings")
        if one.files == other.files and not pinned:
            message = f"{one.package} and {other.package} write the same files ({one.files}): one of them can be there"
            because = (receipt("same_files", one), receipt("same_files", other))
            yield Rejection("companion-missing", message, because, message)


def _too_old(package: str, machines: Sequence[Machine], matrix: Matrix) -> Iterator[Rejection]:
    """The GPUs that the makers of a package leave out, with any torch."""
    from torch_doctor.matrix.builds.query import floor_of, too_old_gpus

    floor = floor_of(package, matrix)
    if floor is None:
        return
    for machine in machines:
        for gpu in too_old_gpus(package, machine, matrix):
            message = f"{gpu.name} is {gpu.capability}, and {package} asks for {floor.capability} or newer"
            because = (receipt("capability_floors", floor), *gpu.because)
            yield Rejection("companion-missing", message, because, message)


def _build_without(
    feature: Feature, offer: Offer, machines: Sequence[Machine], matrix: Matrix
) -> Iterator[Rejection]:
    from torch_doctor.matrix.builds.features import lacks

    for machine in machines:
        for lack in lacks(feature.feature, offer.torch, machine, matrix):
            message = f"torch {offer.torch}+{offer.variant}: {lack.message}"
            yield Rejection("feature-missing", message, lack.because, lack.message, lack.decided)


def has_feature(gpu: GpuTraits, feature: Feature) -> bool | None:
    """Whether a GPU has a feature; None where its capability is not known."""
    if gpu.capability is None:
        return None
    if set(feature.not_on) & {chip for row in gpu.rows for chip in row.chips}:
        return False
    if feature.only:
        return any(_is_target(SmTarget.parse(target), gpu.capability) for target in feature.only)
    return gpu.capability >= ComputeCapability.parse(feature.min_capability or "0.0")


def _features_of(constraints: Constraints, matrix: Matrix) -> Iterator[Feature]:
    """What the companions ask of every GPU."""
    names = {companion.package for companion in constraints.companions}
    wanted = {row.feature for row in matrix.companion_traits if row.package in names}
    yield from (feature for feature in matrix.features if feature.feature in wanted)


def _versions(offer: Offer, constraints: Constraints) -> Iterator[Rejection]:
    label = f"torch {offer.torch}+{offer.variant}"
    asked = constraints.torch
    if asked and not asked.allows(offer.torch):
        brief = f"outside {asked.text}, which was asked for"
        yield Rejection("torch-not-asked-for", f"{label} is {brief}", offer.because, brief)
    variant = constraints.variant
    if variant and offer.variant != variant:
        brief = f"not a {variant} build, which was asked for"
        yield Rejection("cuda-not-asked-for", f"{label} is {brief}", offer.because, brief)
    cuda = constraints.cuda
    if cuda and not (offer.cuda and cuda.allows(offer.cuda)):
        message = f"{label} is built for CUDA {offer.cuda}, and {cuda.text} was asked for"
        brief = f"CUDA is outside {cuda.text}, which was asked for"
        yield Rejection("cuda-not-asked-for", message, offer.because, brief)


def _is_target(target: SmTarget, capability: ComputeCapability) -> bool:
    """A feature that is listed target by target is on exactly those, and with suffix ``f`` on their family."""
    if target.suffix == "f":
        return cubin_runs(target, capability)
    return target.capability == capability


def _without_feature(feature: Feature, machines: Sequence[Machine]) -> Iterator[Rejection]:
    need = " or ".join(feature.only) if feature.only else f"{feature.min_capability} or newer"
    need += f" and no {' or '.join(feature.not_on)}" if feature.not_on else ""
    for machine in machines:
        for gpu in machine.gpus or ():
            if has_feature(gpu, feature) is not True:
                have = gpu.capability or "capability unknown"
                message = f"{gpu.name} ({have}) lacks {feature.feature}, which needs {need}"
                because = (receipt("features", feature), *gpu.because)
                yield Rejection("feature-missing", message, because, message)
