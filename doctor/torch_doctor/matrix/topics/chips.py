"""Compute capabilities and GPUs: which drivers know them, which builds of torch have code for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from torch_doctor.core.finding import Said, Topic, lines_of
from torch_doctor.core.text import listing, plural
from torch_doctor.core.version import ComputeCapability, SmTarget
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.gpus.rows import Architecture, GpuProduct
from torch_doctor.matrix.gpus.words import meanings, other_maker, short_name
from torch_doctor.matrix.law.arch import cubin_runs, ptx_compiles
from torch_doctor.matrix.query import architecture_of, gpus_named, release_key
from torch_doctor.matrix.store import Matrix, receipt

_MANY = 6
_MODULES = {
    "required": "the open kernel modules are required",
    "impossible": "the open kernel modules do not drive it",
}
_KINDS = {"mig_slice": "a MIG instance", "jetson": "a Jetson", "data_center": "data centre"}


def target(text: str, matrix: Matrix) -> Iterator[Topic]:
    """Yield what is known of a target such as ``sm_120`` or ``compute_90a``."""
    try:
        wanted = SmTarget.parse(text)
    except ValueError:
        return
    yield from capability(wanted.capability, matrix, wanted)


def capability(
    wanted: ComputeCapability, matrix: Matrix, code: SmTarget | None = None
) -> Iterator[Topic]:
    """Yield what is known of a compute capability; *code* is the target by which it was asked for."""
    row = architecture_of(matrix, wanted)
    if row is None:
        return
    names = [short_name(one) for one in matrix.gpus if one.capabilities == (row.capability,)]
    chips = names[:_MANY]
    more = f" and {plural(len(names) - _MANY, 'more name')}" if len(names) > _MANY else ""
    lines = lines_of(
        ("GPUs", ", ".join(chips) + more),
        ("code", _serves(code) if code else None),
    )
    lines += _support(row, matrix)
    title = f"{code or wanted.sm}: compute capability {wanted}, {row.name}"
    yield Topic("capability", title, lines, (receipt("architectures", row),))


def gpu(name: str, matrix: Matrix) -> Iterator[Topic]:
    """Yield what is known of a GPU, by any of its names; of another maker's, what torch runs on it by."""
    rows = gpus_named(matrix, name).rows
    if not rows:
        other = other_maker(name, matrix)
        if other:
            title = f"{name}: made by {other.maker}, no NVIDIA GPU"
            lines = lines_of(("torch", f"runs on it by {other.torch}"))
            yield Topic("gpu", title, lines, (receipt("other_makers", other),))
        return
    names = list(dict.fromkeys(short_name(row) for row in rows))
    title = f"{names[0] if len(names) == 1 else name}: {_what(rows)}"
    lines = lines_of(("can be", meanings(rows) if len(names) > 1 else None))
    if len(names) == 1:
        memory = "/".join(map(str, rows[0].memory_gb))
        lines += lines_of(
            ("memory", f"{memory} GB" if memory else None),
            ("kind", _KINDS.get(rows[0].kind, rows[0].kind.replace("_", " "))),
            ("listed", f"from driver {rows[0].first_driver} on" if rows[0].first_driver else None),
        )
    found = _architectures(rows, matrix)
    for row in found:
        lines += _support(row, matrix, of=row.capability if len(found) > 1 else "")
    because = tuple(receipt("gpus", row) for row in rows)
    yield Topic(
        "gpu", title, lines, because + tuple(receipt("architectures", row) for row in found)
    )


def _what(rows: Sequence[GpuProduct]) -> str:
    capabilities = sorted({one for row in rows for one in row.capabilities}, key=release_key)
    named = listing(list(dict.fromkeys(row.architecture for row in rows)), "or")
    return f"compute capability {listing(capabilities, 'or')}, {named}"


def _architectures(rows: Iterable[GpuProduct], matrix: Matrix) -> list[Architecture]:
    wanted = dict.fromkeys(one for row in rows for one in row.capabilities)
    found = (architecture_of(matrix, ComputeCapability.parse(one)) for one in wanted)
    return [row for row in found if row]


def _serves(code: SmTarget) -> str:
    where = code.capability
    if code.ptx:
        if code.suffix == "a":
            return f"PTX that the driver compiles for {where} alone"
        family = f"{where.major}.x from {where} on" if code.suffix == "f" else f"{where} and newer"
        return f"PTX that the driver compiles for compute capability {family}"
    if code.suffix == "a":
        return f"machine code for compute capability {where} alone"
    return f"machine code for compute capability {where.major}.x from {where} on, no other major"


def _support(row: Architecture, matrix: Matrix, of: str = "") -> tuple[Said, ...]:
    """Return which toolkits, drivers and builds serve a capability; *of* names it where there are several."""
    lead = f"{of}: " if of else ""
    last = f" to {row.last_cuda}" if row.last_cuda else " on"
    drivers = [
        f"from R{row.first_branch} on" if row.first_branch else "",
        f"R{row.last_branch} is the last branch" if row.last_branch else "",
    ]
    modules = _MODULES.get(row.open_modules or "")
    return tuple(
        Said(label, f"{lead}{words}")
        for label, words in (
            ("drivers", "; ".join(filter(None, (*drivers, modules)))),
            ("toolkits", f"CUDA {row.first_cuda}{last}"),
            ("torch", _builds(row, matrix)),
        )
        if words
    )


def _builds(row: Architecture, matrix: Matrix) -> str:
    """Return the published builds with code for a capability: the variants of x86_64 Linux, or what there is."""
    wanted = ComputeCapability.parse(row.capability)
    for platform in ("linux-x86_64", "linux-aarch64"):
        spans: dict[str, list[str]] = {}
        for build in matrix.torch_builds:
            if (
                build.platform == platform
                and build.status == "published"
                and _has(build, wanted, row)
            ):
                spans.setdefault(build.variant, []).append(build.torch)
        if spans:
            parts = [f"{variant} {_span(releases)}" for variant, releases in spans.items()]
            parts.sort(key=lambda part: release_key(part.rpartition(" ")[2]), reverse=True)
            more = f" and {len(parts) - _MANY} more" if len(parts) > _MANY else ""
            return f"{', '.join(parts[:_MANY])}{more} ({platform.replace('-', ' ')})"
    return "no published build has code for it"


def _span(releases: Iterable[str]) -> str:
    known = sorted(releases, key=release_key)
    return known[0] if len(known) == 1 else f"{known[0]} to {known[-1]}"


def _has(build: TorchBuild, wanted: ComputeCapability, row: Architecture) -> bool:
    """Whether a build carries code that runs on a capability."""
    if not build.cuda or build.archs is None:
        return False
    machine = any(cubin_runs(SmTarget.parse(text), wanted, tegra=row.tegra) for text in build.archs)
    return machine or any(ptx_compiles(SmTarget.parse(text), wanted) for text in build.ptx or ())
