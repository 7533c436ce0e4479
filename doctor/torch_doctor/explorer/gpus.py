"""GPUs as the page offers them: each name, the class of those that the law cannot tell apart, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from torch_doctor.core.records import Gpu
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import ComputeCapability, DriverRelease
from torch_doctor.explorer.numbered import DRIVER, GPU, OWN_GPU, Numbered, Tables, number
from torch_doctor.matrix.builds.notices import first_listing
from torch_doctor.matrix.gpus.words import short_name
from torch_doctor.matrix.law.gpu import traits_of
from torch_doctor.matrix.law.machine import GpuTraits
from torch_doctor.matrix.query import gpus_named
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.recommendation.question.asked import PLATFORMS, QuestionError
from torch_doctor.recommendation.question.naming import named_gpus

# Under these names GPUs are asked for, and shown before all others.
COMMON = (
    *("H100", "H200", "B200", "A100", "L40S", "L4", "T4", "V100", "P100", "GH200"),
    *("RTX 5090", "RTX 4090", "RTX 3090", "RTX 2080 Ti", "GTX 1080 Ti", "GB10"),
)


class GpuName(NamedTuple):
    """A name to choose: as it is shown and typed, its capability where the name alone does not tell it."""

    name: str
    capability: str | None
    traits: GpuTraits
    row: Any


def offered(matrix: Matrix) -> Iterator[GpuName]:
    """Yield every name of a GPU that means one kind of GPU, common ones first."""
    seen: set[tuple[str, str | None]] = set()
    rows = sorted(matrix.gpus, key=lambda row: (short_name(row).casefold(), row.name))
    names = [*COMMON, *(row.alias for row in matrix.gpu_aliases), *map(short_name, rows)]
    for name in names:
        match = gpus_named(matrix, name).rows
        every = sorted({one for row in match for one in row.capabilities}, key=_capability)
        for capability in every if len(every) > 1 else (None,):
            key = (name.casefold(), capability)
            gpu = _meant(name, capability, matrix)
            if key in seen or gpu is None:
                continue
            seen.add(key)
            traits = traits_of(gpu, matrix, listed=False)
            yield GpuName(name, capability, traits, match[0])


def classes(found: list[GpuName], tables: Tables) -> tuple[list[GpuTraits], list[list[Any]]]:
    """Return the distinct GPUs as the law sees them, and each name: it, capability, class, row, name in answers."""
    kinds = Numbered()
    listed = []
    for one in found:
        place = kinds.add(_plain(one.traits))
        row = tables.row(receipt("gpus", one.row))
        listed.append([one.name, one.capability, place, row, one.traits.name])
    return kinds.values, listed


def listings(found: list[GpuName], tables: Tables) -> list[tuple[int, int] | None]:
    """Return for each name the driver that first lists it, as a number, and why an older one is not known."""
    places: list[tuple[int, int] | None] = []
    for one in found:
        oldest = DriverRelease((1,), DRIVER)
        known = first_listing(one.traits, oldest)
        places.append(None)
        if known is not None:
            because = (OWN_GPU, *(r for r in known.because if not r.row.startswith("gpus/")))
            first = min(DriverRelease.parse(row.first_driver or "") for row in one.traits.rows)
            places[-1] = number(first.parts), tables.reason(known.text, because)
    return places


def standings(found: list[GpuName], matrix: Matrix) -> tuple[list[Any], list[int]]:
    """Return the ways in which names go with platforms (the platform in force, or why not), and each name's."""
    ways = Numbered()
    places = [ways.add(tuple(map(partial(_standing, one, matrix), PLATFORMS))) for one in found]
    return ways.values, places


def possible(listed: list[list[Any]], ways: list[Any], places: list[int]) -> dict[str, set[int]]:
    """Return for each platform the kinds of GPUs of which some name can stand in it."""
    found: dict[str, set[int]] = {platform: set() for platform in PLATFORMS}
    for gpu, place in zip(listed, places, strict=True):
        for word in ways[place]:
            if word in found:
                found[word].add(gpu[2])
    return found


def _standing(one: GpuName, matrix: Matrix, platform: str) -> str:
    capabilities = (_capability(one.capability),) if one.capability else ()
    try:
        _, implied, _ = named_gpus((one.name,), capabilities, matrix, platform)
    except QuestionError as error:
        words = str(error).removeprefix("--platform: ")
        return words.replace(one_line(one.name, 60), GPU)
    return implied or platform


def _meant(name: str, capability: str | None, matrix: Matrix) -> Gpu | None:
    """Return the GPU that a question means by a name; None where it would have to be asked back."""
    try:
        found, _, _ = named_gpus((name,), (_capability(capability),) if capability else (), matrix)
    except QuestionError:
        return None
    return found[0]


def _plain(gpu: GpuTraits) -> GpuTraits:
    """Return what the law looks at of a GPU whose kernel modules and libcuda nobody saw."""
    because = (OWN_GPU, *(one for one in gpu.because if not one.row.startswith("gpus/")))
    return gpu._replace(name=GPU, rows=(), open_modules=None, eligible=None, because=because)


def _capability(text: str) -> ComputeCapability:
    return ComputeCapability.parse(text)
