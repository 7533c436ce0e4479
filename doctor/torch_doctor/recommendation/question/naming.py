"""GPUs as people type them: the products a name means, and the platform that a product implies."""

from __future__ import annotations

from torch_doctor.core.records import Gpu
from torch_doctor.core.startup import regex
from torch_doctor.core.text import listing, one_line
from torch_doctor.core.version import ComputeCapability
from torch_doctor.matrix.gpus.instances import instance_named
from torch_doctor.matrix.gpus.rows import GpuProduct
from torch_doctor.matrix.gpus.words import meanings, short_name, unknown_gpu
from torch_doctor.matrix.query import GpuMatch, gpus_named
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.question.asked import QuestionError, SeveralMeaningsError

# Superchips carry their own Arm CPU (GH200, GB200, GB300, GB10), and T4G stand in servers with one.
_SUPERCHIP = regex(r"\bG[BH]\d{2,3}\b|\bT4G\b")
_COUNT = regex(r"^\d{1,2} ?[x×*] ?(?=\w{2})")
# From this capability on a Jetson runs the same stack as Arm servers, and their wheels.
_SERVER_STACK = ComputeCapability(11, 0)


def named_gpus(
    names: tuple[str, ...],
    capabilities: tuple[ComputeCapability, ...],
    matrix: Matrix,
    asked: str | None = None,
) -> tuple[tuple[Gpu, ...], str | None, tuple[str, ...]]:
    """Return the GPUs, their platform (the *asked* one, or what they imply, or None) and how names were read.

    A capability beside as many names says which of a name's chips is meant; without names it is a GPU by itself.
    """
    names = tuple(one for name in names for one in _each(name, matrix))
    if names and capabilities and len(names) != len(capabilities):
        raise QuestionError("give --compute-capability once for each --gpu, or alone")
    gpus, platforms, notes = [], set(), []
    for index, name in enumerate(names):
        capability = capabilities[index] if capabilities else None
        gpu, rows, note = _named(index, name, capability, matrix)
        gpus.append(gpu)
        notes += note
        platforms.add(_platform(name, rows, asked))
    if not names:
        gpus = [Gpu(i, f"a GPU of capability {c}", c) for i, c in enumerate(capabilities)]
    platforms.discard(None)
    if len(platforms) > 1:
        raise QuestionError(
            f"no host has {listing(names)} together: they belong to different platforms"
        )
    return tuple(gpus), next(iter(platforms), asked), tuple(notes)


def _platform(name: str, rows: tuple[GpuProduct, ...], asked: str | None) -> str | None:
    """Return the platform that a name implies; raise QuestionError where it is not the one that was *asked* for."""
    implied = _implied(rows)
    jetson = all(row.kind == "jetson" for row in rows)
    if implied and asked not in (None, implied) and not (jetson and asked == "jetson"):
        raise QuestionError(
            f"--platform: {one_line(name, 60)} is only in a host of platform {implied}, not {asked}"
        )
    if asked == "jetson" and not jetson:
        raise QuestionError(f"--platform: {one_line(name, 60)} is not a Jetson")
    return implied


def _each(name: str, matrix: Matrix) -> tuple[str, ...]:
    """Return the names in one: ``A100,V100`` are two, and how many there are (``8x A100``) decides nothing."""
    if "," not in name and not name.lstrip()[:1].isdigit():
        return (name,)
    parts = [part for part in map(str.strip, name.split(",")) if part]
    plain = [_COUNT.sub("", part) for part in parts]
    known = plain != [name] and any(_is_name(one, matrix) for one in plain)
    return tuple(plain) if known and not _is_name(name, matrix) else (name,)


def _is_name(name: str, matrix: Matrix) -> bool:
    return bool(instance_named(name, matrix) or gpus_named(matrix, name).rows)


def _named(
    index: int, name: str, capability: ComputeCapability | None, matrix: Matrix
) -> tuple[Gpu, tuple[GpuProduct, ...], list[str]]:
    instance = instance_named(name, matrix)
    if instance is not None:
        gpu, found, notes = _named(index, instance.gpu, capability, matrix)
        shown = one_line(name.strip(), 60)
        has = f"{shown} is an instance type of {instance.provider} with {instance.gpu} GPUs"
        return gpu, found, [has, *notes]
    match = gpus_named(matrix, name)
    rows = match.rows
    if capability is not None:
        rows = tuple(row for row in rows if str(capability) in row.capabilities)
    if not rows:
        raise QuestionError(_unknown(name, capability, match, matrix))
    unclear = match.ambiguity in ("product", "architecture") and capability is None
    alike = len(set(map(_needs, rows))) == 1 and len(rows[0].capabilities) == 1
    if unclear and not alike:
        each = tuple(dict.fromkeys(one for row in rows for one in row.capabilities))
        if len({_needs(row)[1:] for row in rows}) == 1:
            raise SeveralMeaningsError(_ambiguous(name, rows), each)
        raise QuestionError(_ambiguous(name, rows))
    if len(rows) == 1:
        return Gpu(index, rows[0].name, capability), rows, []
    shown = one_line(name.strip(), 60)
    plain = dict.fromkeys(short_name(row) for row in rows if row.kind != "mig_slice")
    notes = [f"{shown} stands for {listing(list(plain))}: they need the same build"]
    return Gpu(index, shown, capability), rows, notes if len(plain) > 1 else []


def _needs(row: GpuProduct) -> tuple[object, ...]:
    """What decides about builds and drivers: products that agree in it need not be told apart."""
    return (row.capabilities, row.open_modules, row.last_branch, row.kind == "jetson")


def _unknown(
    name: str, capability: ComputeCapability | None, match: GpuMatch, matrix: Matrix
) -> str:
    shown = one_line(name, 60)
    if match.rows:
        return f"--gpu: no {shown} has compute capability {capability}: {meanings(match.rows)}"
    objection = unknown_gpu(name, matrix, or_else="or give its --compute-capability")
    return f"--gpu: {objection.problem}; {objection.cure}"


def _ambiguous(name: str, rows: tuple[GpuProduct, ...]) -> str:
    alike = dict.fromkeys(map(short_name, rows))
    cure = "name the one you have" if len(alike) > 1 else "say which with --compute-capability"
    return f"--gpu: {one_line(name, 60)!r} can mean {meanings(rows)}; {cure}"


def _implied(rows: tuple[GpuProduct, ...]) -> str | None:
    if all(row.kind == "jetson" for row in rows):
        server = all(
            ComputeCapability.parse(c) >= _SERVER_STACK for row in rows for c in row.capabilities
        )
        return "linux-aarch64" if server else "jetson"
    return "linux-aarch64" if all(_SUPERCHIP.search(row.name) for row in rows) else None
