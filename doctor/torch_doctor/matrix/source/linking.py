"""Cross-checks between rows: keys are unique, references resolve, what one row says fits what another says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.core.version import CudaVersion, SmTarget
from torch_doctor.matrix.source.checking import numbers
from torch_doctor.matrix.source.decoding import Entry
from torch_doctor.matrix.source.yaml_nodes import MatrixFault, with_cure
from torch_doctor.matrix.store import row_key

_SHOWN = 100
Rows = dict[str, dict[Any, Any]]

# (table, field) → the table whose key it must name.
REFERENCES = {
    ("toolkits", "driver_branch"): "drivers",
    ("architectures", "first_branch"): "drivers",
    ("architectures", "last_branch"): "drivers",
    ("gpus", "capabilities"): "architectures",
    ("gpus", "last_branch"): "drivers",
    ("gpu_aliases", "names"): "gpus",
    ("gpu_rates", "name"): "gpus",
    ("compat_packages", "base_branch"): "drivers",
    ("torch_builds", "torch"): "torch_releases",
    ("images", "nearest"): "images",
    ("companion_traits", "feature"): "features",
    ("feature_needs", "feature"): "features",
    ("feature_needs", "first_torch"): "torch_releases",
}


def check_unique(entries: list[Entry]) -> Iterator[MatrixFault]:
    """Yield rows whose key another row of the same layer has."""
    seen: dict[str, Entry] = {}
    for entry in entries:
        key = row_key(entry.table, entry.row)
        if key in seen:
            first = seen[key]
            message = (
                f"{one_line(key, _SHOWN)} is also at {first.file}:{first.line}; keep one of them"
            )
            yield MatrixFault(entry.file, entry.line, with_cure(message))
        seen.setdefault(key, entry)


def check_links(entries: list[Entry]) -> Iterator[MatrixFault]:
    """Yield references that lead nowhere and rows that contradict each other."""
    rows: Rows = defaultdict(dict)
    for entry in entries:
        rows[entry.table][_first_key(entry)] = entry.row
    builds = {
        (entry.row.torch, entry.row.variant, entry.row.platform): entry.row
        for entry in entries
        if entry.table == "torch_builds"
    }
    for entry in entries:
        for message in (*_references(entry, rows), *_contradictions(entry, rows, builds)):
            yield MatrixFault(entry.file, entry.line, with_cure(message))


def _first_key(entry: Entry) -> Any:
    return entry.row[0]


def _references(entry: Entry, rows: Rows) -> Iterator[str]:
    for (table, field), target in REFERENCES.items():
        if entry.table != table:
            continue
        value = getattr(entry.row, field)
        for item in value if isinstance(value, tuple) else (value,):
            if item is not None and item not in rows[target]:
                yield f"{field}: {target} has no row {one_line(str(item), _SHOWN)}; add it there or correct the name"


def _contradictions(entry: Entry, rows: Rows, builds: dict[Any, Any]) -> Iterator[str]:
    row = entry.row
    if entry.table == "torch_builds":
        yield from _build(row, rows)
    elif entry.table == "torch_releases":
        for platform, variant in row.pypi:
            build = builds.get((row.version, variant, platform))
            if build is None or not build.on_pypi:
                yield f"pypi: no build {variant} on {platform} is marked on_pypi; add or correct it"
    elif entry.table == "gpu_aliases":
        yield from _alias(row, rows)
    elif entry.table == "images":
        yield from _image(row, rows)


def _build(row: Any, rows: Rows) -> Iterator[str]:
    if row.cuda is None:
        return
    cuda = CudaVersion.parse(row.cuda)
    known = cuda.major in rows["cuda_majors"] or any(
        CudaVersion.parse(version) == cuda for version in rows["toolkits"]
    )
    if not known:
        yield f"cuda {row.cuda}: no row of cuda_majors or toolkits gives its driver; add one"
    for target in (*(row.archs or ()), *(row.ptx or ())):
        capability = str(SmTarget.parse(target).capability)
        architecture = rows["architectures"].get(capability)
        if architecture is None:
            yield f"{target}: architectures has no row {capability}; add it or correct the target"
            continue
        first, last = architecture.first_cuda, architecture.last_cuda
        if numbers(first) > numbers(row.cuda) or (last and numbers(last) < numbers(row.cuda)):
            yield f"{target}: CUDA {row.cuda} does not compile for it ({first} to {last or 'now'})"


def _alias(row: Any, rows: Rows) -> Iterator[str]:
    meant = [rows["gpus"][name] for name in row.names if name in rows["gpus"]]
    capabilities = {capability for gpu in meant for capability in gpu.capabilities}
    if row.ambiguity == "none" and len(row.names) != 1:
        yield "ambiguity none needs exactly one name; choose form, product or architecture"
    if (row.ambiguity == "architecture") != (len(capabilities) > 1) and len(meant) == len(
        row.names
    ):
        found = ", ".join(sorted(capabilities))
        yield f"ambiguity {row.ambiguity} does not fit compute capabilities {found}; correct it"


def _image(row: Any, rows: Rows) -> Iterator[str]:
    for nearest in row.nearest:
        if nearest in rows["images"] and rows["images"][nearest].status == "absent":
            yield f"nearest: {one_line(nearest, _SHOWN)} is absent itself; name one that exists"
