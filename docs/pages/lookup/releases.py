"""One page for each release of torch: its builds, what each has code for, and the driver that it needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from torch_doctor.core.version import CudaVersion
from torch_doctor.matrix.query import driver_floor, release_key
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.matrix.topics import versions

from docs.pages.lookup.layout import asked, code, escaped, lines_of, sources, table

if TYPE_CHECKING:
    from torch_doctor.matrix.builds.rows import TorchBuild


def pages(matrix: Matrix) -> Iterator[tuple[str, str]]:
    """Yield the list of releases and a page for each that has a build on record."""
    rows = sorted(matrix.torch_releases, key=lambda row: release_key(row.version), reverse=True)
    builds = {row.version: _builds(row.version, matrix) for row in rows}
    known = [row for row in rows if builds[row.version]]
    yield (
        "torch/index.md",
        "\n".join(_index([(row.version, row.released) for row in known], builds)),
    )
    for row in known:
        yield f"torch/{row.version}.md", "\n".join(_page(row.version, builds[row.version], matrix))


def _index(
    known: list[tuple[str, str | None]], builds: dict[str, list[TorchBuild]]
) -> Iterator[str]:
    yield from (
        "# Releases of torch",
        "",
        "Which builds each release has, for which GPUs and drivers.",
    )
    rows = [
        (
            f"[{version}]({version}.md)",
            released or "",
            ", ".join(dict.fromkeys(one.variant for one in builds[version] if one.cuda)),
        )
        for version, released in known
    ]
    yield from table(("torch", "released", "CUDA builds"), rows)


def _builds(version: str, matrix: Matrix) -> list[TorchBuild]:
    found = [row for row in matrix.torch_builds if row.torch == version]
    return sorted(found, key=lambda row: (row.platform, release_key(row.cuda or "0")), reverse=True)


def _page(version: str, builds: list[TorchBuild], matrix: Matrix) -> Iterator[str]:
    topic = next(versions.release(version, matrix))
    yield from (f"# {escaped(topic.title)}", "")
    yield asked(f"torch {version}", "releases")
    yield from lines_of(topic)
    yield from ("", "## Builds", "")
    yield "Code is what the wheel has for GPUs; the driver is the oldest that minor-version compatibility takes."
    head = ("build", "platform", "status", "code", "Python", "glibc", "driver (Linux)")
    yield from table(head, (_cells(row, matrix) for row in builds))
    yield "`torch-doctor matrix query --torch VERSION --gpu NAME --driver RELEASE` says whether one runs on a machine."
    yield from sources((*topic.because, *(receipt("torch_builds", row) for row in builds)))


def _cells(row: TorchBuild, matrix: Matrix) -> tuple[str, ...]:
    floor = driver_floor(matrix, CudaVersion.parse(row.cuda)) if row.cuda else None
    targets = [*(row.archs or ()), *(f"PTX {one}" for one in row.ptx or ())]
    return (
        code(row.variant),
        escaped(row.platform),
        row.status,
        escaped(" ".join(targets)) if row.archs is not None else "not on record",
        escaped(" ".join(one.removeprefix("cp") for one in row.python_tags or ())),
        row.glibc or "",
        str(floor.driver) if floor and row.platform.startswith("linux") else "",
    )
