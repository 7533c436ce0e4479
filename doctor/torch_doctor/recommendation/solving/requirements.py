"""What the user demands of a build beyond running: versions, features and companions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch_doctor.core.finding import Receipt
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import ComputeCapability, SmTarget, allows
from torch_doctor.matrix.law.arch import cubin_runs
from torch_doctor.matrix.law.machine import GpuTraits, Machine
from torch_doctor.matrix.rows import Companion, Feature
from torch_doctor.matrix.store import receipt
from torch_doctor.recommendation.question.asked import Constraints, WantedCompanion


class Rejection(NamedTuple):
    """Why a candidate is out: a slug, a sentence, the rows behind it, and the same in brief for all it concerns."""

    kind: str
    message: str
    because: tuple[Receipt, ...]
    brief: str


class Offer(NamedTuple):
    """A build as demands see it; *because* are its own rows, *python_tags* None where not recorded."""

    torch: str
    variant: str
    cuda: str | None
    platforms: tuple[str, ...]
    because: tuple[Receipt, ...]
    python_tags: tuple[str, ...] | None = None


def unmet(
    offer: Offer, machines: Sequence[Machine], constraints: Constraints
) -> Iterator[Rejection]:
    """Yield each demand of *constraints* that this build does not meet."""
    yield from _versions(offer, constraints)
    for feature in constraints.features:
        yield from _without_feature(feature, machines)
    for companion in constraints.companions:
        yield from _without_companion(companion, offer, machines)


def fitting(
    companion: WantedCompanion, offer: Offer, machines: Sequence[Machine]
) -> Companion | None:
    """Return the newest recorded release of a companion that goes with this build and with the Pythons there."""
    here = {machine.python_tag for machine in machines if machine.python_tag}
    for row in reversed(companion.releases):
        if not _goes_with(row, offer.torch):
            continue
        if not all(pythons_of(row, (tag,)) for tag in here):
            continue
        if not here and offer.python_tags and not pythons_of(row, offer.python_tags):
            continue
        return row
    return None


def pythons_of(row: Companion, tags: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of *tags* that a companion's release can be installed for, as far as that is recorded."""
    if row.python_tags is not None and "py3" not in row.python_tags:
        tags = tuple(tag for tag in tags if tag in row.python_tags)
    if row.requires_python is None:
        return tags
    wanted = row.requires_python
    return tuple(tag for tag in tags if allows(wanted, f"{tag[2]}.{tag[3:].rstrip('mt')}"))


def has_feature(gpu: GpuTraits, feature: Feature) -> bool | None:
    """Whether a GPU has a feature; None where its capability is not known."""
    if gpu.capability is None:
        return None
    if feature.only:
        return any(_is_target(SmTarget.parse(target), gpu.capability) for target in feature.only)
    return gpu.capability >= ComputeCapability.parse(feature.min_capability or "0.0")


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
    for machine in machines:
        for gpu in machine.gpus or ():
            if has_feature(gpu, feature) is not True:
                have = gpu.capability or "capability unknown"
                message = f"{gpu.name} ({have}) lacks {feature.feature}, which needs {need}"
                because = (receipt("features", feature), *gpu.because)
                yield Rejection("feature-missing", message, because, message)


def _without_companion(
    companion: WantedCompanion, offer: Offer, machines: Sequence[Machine]
) -> Iterator[Rejection]:
    releases = companion.releases
    if not releases and companion.spec is None:
        return  # Only rules about its naming are recorded: nothing here speaks against any torch.
    row = fitting(companion, offer, machines)
    wanted = f"{companion.package} {companion.spec.text}" if companion.spec else companion.package
    if row is None:
        yield _none_fits(wanted, releases, offer)
        return
    for platform in dict.fromkeys(offer.platforms):
        if row.platforms and platform not in row.platforms:
            message = f"{row.package} {row.version} has no wheel for {platform}"
            yield Rejection("companion-missing", message, (receipt("companions", row),), message)


def _none_fits(wanted: str, releases: Sequence[Companion], offer: Offer) -> Rejection:
    """Say whether it is torch or Python that no release goes with."""
    paired = [row for row in releases if _goes_with(row, offer.torch)]
    shown = (paired or releases)[-1:]
    because = tuple(receipt("companions", row) for row in shown) or offer.because
    if paired:
        tags = ", ".join(paired[-1].python_tags or (paired[-1].requires_python or "",))
        brief = f"{paired[-1].package} {paired[-1].version} has wheels for {tags} alone"
        return Rejection("companion-missing", f"torch {offer.torch}: {brief}", because, brief)
    needs = f": {shown[0].version} needs torch {shown[0].torch}" if shown else ""
    brief = f"no {wanted} on record goes with it{needs}"
    message = f"no {wanted} on record goes with torch {offer.torch}{needs}"
    return Rejection("companion-missing", message, because, brief)


def _goes_with(row: Companion, torch: str) -> bool:
    """Whether a companion's own requirement takes *torch*."""
    return row.torch is None or bool(allows(row.torch, torch))
