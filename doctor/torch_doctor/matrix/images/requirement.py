"""What an image asks of the host before it starts (NVIDIA_REQUIRE_CUDA), evaluated as the container runtime does it.

A space separates alternatives, a comma joins conditions; a condition compares cuda, driver, arch or brand with a
value. The first alternative whose conditions all hold lets the container start, once for each GPU that it is given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion
from torch_doctor.matrix.gpus.rows import GpuProduct
from torch_doctor.matrix.images.rows import ImageRequirement
from torch_doctor.matrix.law.machine import GpuTraits, Machine
from torch_doctor.matrix.pattern import fits
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix

_PREFIX, _TEGRA = "NVIDIA_REQUIRE_", "NVIDIA_REQUIRE_JETPACK"
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})


class Gate(NamedTuple):
    """Whether a container is started: *passes* is None where that is not known; *condition* is the one that fails."""

    passes: bool | None
    condition: str = ""


class _InvalidError(Exception):
    """An expression that the runtime does not understand: it starts no container then."""


class _Seen(NamedTuple):
    """What the runtime compares with: texts as the driver tells them, None for what is not known."""

    cuda: str | None
    driver: str | None
    arch: str | None
    brand: str | None


def requirements_in(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return what the variables of an image ask; nothing where they switch the check off.

    An image that says which CUDA it holds and asks for nothing is taken to ask for that CUDA.
    """
    if environ.get("NVIDIA_DISABLE_REQUIRE") in _TRUE:
        return ()
    found = [
        value
        for name, value in sorted(environ.items())
        if name.startswith(_PREFIX) and not name.startswith(_TEGRA)
    ]
    if not environ.get("NVIDIA_REQUIRE_CUDA"):
        match = re.match(r"v?(\d+)(?:\.(\d+))?", environ.get("CUDA_VERSION", ""))
        found += [f"cuda>={match[1]}.{match[2] or 0}"] if match else []
    return tuple(text for text in found if text.strip())


def least_requirement(toolkit: str, matrix: Matrix) -> str | None:
    """Return with what the text of every image of a toolkit begins, where a GeForce can meet nothing but that.

    So it is from the first CUDA on whose images leave brands out.
    """
    cuda = CudaVersion.parse(".".join(toolkit.split(".")[:2]))
    leaving = [CudaVersion.parse(row.cuda) for row in matrix.image_requirements if row.other_brands]
    return f"cuda>={cuda}" if leaving and cuda >= min(leaving) else None


def requirement_of(row: ImageRequirement) -> str:
    """Return the text that the images of a toolkit carry, as far as it decides."""
    alternatives = [f"cuda>={row.cuda}"]
    others = "".join(f"brand!={name}," for name in row.other_brands)
    for branch in row.branches:
        free = branch in row.geforce_branches
        for brand in ("",) if free else [f"brand={name}," for name in row.brands] or (others,):
            alternatives.append(f"{brand}driver>={branch},driver<{branch + 1}")
    return " ".join(alternatives)


def gate_of(requirements: tuple[str, ...], machine: Machine, matrix: Matrix) -> Gate:
    """Return whether a container that asks for *requirements* is started on *machine*."""
    gates = [
        _gate(text, [_seen(machine, gpu, brand) for brand in _brands(gpu, matrix)])
        for text in requirements
        for gpu in machine.gpus or (None,)
    ]
    refused = [gate for gate in gates if gate.passes is False]
    unsure = [gate for gate in gates if gate.passes is None]
    return next(iter((*refused, *unsure)), Gate(passes=True))


def _gate(text: str, readings: list[_Seen]) -> Gate:
    """A brand that is not known is read as each that it may be: where they differ, the answer is unknown."""
    found = {_evaluated(text, seen) for seen in readings}
    condition = next((word for word in text.split(" ") if word), "")
    if found == {True}:
        return Gate(passes=True)
    return Gate(False if found == {False} else None, condition)


def _evaluated(text: str, seen: _Seen) -> bool | None:
    unsure, asked = False, False
    for alternative in filter(None, text.split(" ")):
        asked = True
        try:
            outcome = _hold(alternative, seen)
        except _InvalidError:
            return None if unsure else False
        if outcome:
            return True
        unsure |= outcome is None
    return None if unsure else not asked


def _hold(alternative: str, seen: _Seen) -> bool | None:
    unsure = False
    for condition in filter(None, alternative.split(",")):
        try:
            outcome = _holds(condition, seen)
        except _InvalidError:
            if unsure:
                return None
            raise
        if outcome is False:
            return False
        unsure |= outcome is None
    return None if unsure else True


def _holds(condition: str, seen: _Seen) -> bool | None:
    match = re.fullmatch(r"([^<>=!]+)(<=?|>=?|=|!=?)([^<>=!].*)", condition)
    name = match[1].lower() if match else ""
    if match is None or name not in _Seen._fields:
        raise _InvalidError(condition)
    have, sign, want = getattr(seen, name), match[2], match[3]
    if name == "brand":
        if sign not in ("=", "!=", "!"):
            raise _InvalidError(condition)
        return None if have is None else (have == want.lower()) == (sign == "=")
    if not re.fullmatch(r"\d+(?:\.+\d+)*\.*", want):
        raise _InvalidError(condition)
    return None if have is None else _compared(have, sign, want)


def _compared(have: str, sign: str, want: str) -> bool:
    one, other = _numbers(have), _numbers(want)
    length = max(len(one), len(other))
    one, other = (part + (0,) * (length - len(part)) for part in (one, other))
    return {
        "=": one == other, "!=": one != other, "!": one != other, "<": one < other,
        "<=": one <= other, ">": one > other, ">=": one >= other,
    }[sign]  # fmt: skip


def _numbers(text: str) -> tuple[int, ...]:
    return release_key(".".join(filter(None, text.split("."))))


def _seen(machine: Machine, gpu: GpuTraits | None, brand: str | None) -> _Seen:
    driver = machine.driver
    cuda = driver.cuda if driver is not None and driver.cuda is not None else machine.driver_reports
    capability = gpu.capability if gpu else None
    return _Seen(
        str(cuda) if cuda else None,
        str(driver.release) if driver else None,
        str(capability) if capability else None,
        brand,
    )


def is_consumer(gpu: GpuTraits) -> bool:
    """Whether a GPU is a GeForce or a Titan."""
    return bool(gpu.rows) and all(row.kind in ("consumer", "consumer_laptop") for row in gpu.rows)


def _brands(gpu: GpuTraits | None, matrix: Matrix) -> tuple[str | None, ...]:
    """The brands that NVML may give a GPU: it depends on the driver, and older runtimes read newer ones as unknown."""
    rows = gpu.rows if gpu is not None else ()
    return tuple(dict.fromkeys(brand for row in rows for brand in _of_product(row, matrix))) or (
        None,
    )


def _of_product(product: GpuProduct, matrix: Matrix) -> tuple[str | None, ...]:
    """A row for some of a kind's names goes before the one for all others."""
    rows = [row for row in matrix.gpu_brands if product.kind in row.kinds]
    named = [row for row in rows if row.pattern and fits(row.pattern, product.name)]
    found = named or [row for row in rows if not row.pattern]
    return tuple(brand for row in found for brand in row.brands) or (None,)
