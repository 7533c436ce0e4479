"""One page for each driver branch: what it reports, how long it lives, and the newest torch for each kind of GPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from torch_doctor.core.version import ComputeCapability
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.topics import versions

from docs.pages.lookup.gpus import path_of
from docs.pages.lookup.layout import asked, code, escaped, lines_of, slug, sources, table
from docs.pages.lookup.newest import newest, platform_of

if TYPE_CHECKING:
    from torch_doctor.matrix.gpus.rows import GpuProduct
    from torch_doctor.matrix.rows import DriverBranch
    from torch_doctor.matrix.store import Matrix


_KNOWN = ("consumer", "data_center")  # what most people have, where a capability has such a GPU


def pages(matrix: Matrix) -> Iterator[tuple[str, str]]:
    """Yield the list of branches and a page for each."""
    rows = sorted(matrix.drivers, key=lambda row: row.branch, reverse=True)
    samples = _samples(matrix)
    yield "drivers/index.md", "\n".join(_index(rows))
    for row in rows:
        yield f"drivers/{row.branch}.md", "\n".join(_page(row, samples, matrix))


def _index(rows: list[DriverBranch]) -> Iterator[str]:
    yield from ("# NVIDIA driver branches", "", "What each reports, and the newest torch under it.")
    cells = (
        (
            f"[R{row.branch}]({row.branch}.md)",
            row.cuda or "",
            row.last_linux or "",
            row.end_of_life or "",
        )
        for row in rows
    )
    yield from table(("branch", "reports CUDA", "newest for Linux", "end of life"), cells)


def _samples(matrix: Matrix) -> dict[str, GpuProduct]:
    """Return one GPU of each compute capability that stands in a host of x86_64 Linux."""
    found: dict[str, GpuProduct] = {}
    for gpu in sorted(matrix.gpus, key=lambda gpu: (gpu.kind not in _KNOWN, gpu.name)):
        lone = len(gpu.capabilities) == 1 and gpu.capabilities[0] not in found
        if lone and gpu.kind != "mig_slice" and platform_of(gpu) == "linux-x86_64":
            found[gpu.capabilities[0]] = gpu
    return dict(sorted(found.items(), key=lambda pair: release_key(pair[0]), reverse=True))


def _page(row: DriverBranch, samples: dict[str, GpuProduct], matrix: Matrix) -> Iterator[str]:
    topic = next(versions.driver(str(row.branch), matrix))
    yield from (f"# {escaped(topic.title)}, driver {row.branch}", "")
    yield asked(f"R{row.branch}", "drivers")
    yield from lines_of(topic)
    because = list(topic.because)
    yield from ("", "## The newest torch under it", "")
    yield f"For x86_64 Linux and {escaped(row.last_linux or f'R{row.branch}')}, by compute capability."
    rows = []
    for capability, gpu in samples.items():
        one = newest(gpu, row.branch)
        because += one.because
        sm = ComputeCapability.parse(capability).sm
        like = f"[{escaped(gpu.name.removeprefix('NVIDIA '))}](../{path_of(gpu)})"
        build = code(one.build) if one.build else f"none: {escaped(one.why)}"
        rows.append((f"[{escaped(sm)}](../gpus/{slug(sm)}.md)", like, build))
    yield from table(("GPU code", "such as", "torch"), rows)
    yield "`torch-doctor recommend --gpu NAME --driver RELEASE` takes your Python and packages, and gives the command."
    yield from sources(because)
