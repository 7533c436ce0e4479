"""Builds of torch, CUDA releases and driver branches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from torch_doctor.core.finding import Topic, lines_of
from torch_doctor.core.text import listing
from torch_doctor.core.version import CudaVersion, DriverRelease
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.query import driver_branch, driver_floor, release_key
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.matrix.tables import capabilities, pythons

_KINDS = {
    "LTSB": "long-term support branch",
    "PB": "production branch",
    "NFB": "new feature branch",
    "legacy": "legacy branch",
    "developer": "driver of a toolkit for developers",
}
_NO_CUDA = {"cpu": "builds for the CPU alone", "xpu": "builds for GPUs of Intel"}


def variant(tag: str, matrix: Matrix) -> Iterator[Topic]:
    """Yield what is known of the builds of a kind: ``cu128``, ``cpu``, ``rocm6.4``."""
    tag = tag.lower()
    rows = [row for row in matrix.torch_builds if row.variant == tag and row.status == "published"]
    if not rows:
        if re.fullmatch(r"cu\d{2,4}", tag):
            yield from toolkit(CudaVersion.from_tag(tag), matrix, tag)
        return
    cuda = CudaVersion.parse(rows[0].cuda) if rows[0].cuda else None
    what = f"builds for CUDA {cuda}" if cuda else _NO_CUDA.get(tag, f"builds for {tag}")
    newest = _newest(rows)
    lines = lines_of(
        ("releases", _span(row.torch for row in rows)),
        ("platforms", ", ".join(sorted({row.platform for row in rows}))),
        ("driver", _floors(cuda, matrix) if cuda else None),
        (
            "code for",
            f"{capabilities(newest)} ({newest.torch}, {newest.platform})" if cuda else None,
        ),
        ("index", next((row.index_url for row in rows if row.index_url), None)),
    )
    because = tuple(receipt("torch_builds", row) for row in rows if row.torch == newest.torch)
    yield Topic("build", f"{tag}: torch's {what}", lines, because)


def release(text: str, matrix: Matrix) -> Iterator[Topic]:
    """Yield what is known of a release of torch, ``2.9`` or ``2.9.1``; a part after + names a build of it."""
    number, _, tag = text.partition("+")
    rows = [
        row
        for row in matrix.torch_builds
        if (row.torch == number or row.torch.startswith(f"{number}."))
        and row.status == "published"
        and tag in ("", row.variant)
    ]
    if not rows:
        return
    last = max({row.torch for row in rows}, key=release_key)
    rows = [row for row in rows if row.torch == last]
    of = [row for row in matrix.torch_releases if row.version == last]
    plain = [f"{row.variant} on {row.platform}" for row in rows if row.on_pypi]
    lines = lines_of(
        ("released", of[0].released if of else None),
        ("builds", listing(list(dict.fromkeys(row.variant for row in rows)))),
        ("plain pip", f"brings {', '.join(plain)}" if plain else None),
        ("Python", pythons(rows[0].python_tags)),
    )
    because = tuple(receipt("torch_builds", row) for row in rows)
    yield Topic("release", f"torch {last}{f'+{tag}' if tag else ''}", lines, because)


def toolkit(cuda: CudaVersion, matrix: Matrix, asked: str = "") -> Iterator[Topic]:
    """Yield what is known of a CUDA release; *asked* is a tag that no build of torch has."""
    rows = [row for row in matrix.toolkits if CudaVersion.parse(row.version) == cuda]
    drivers = [row for row in matrix.drivers if CudaVersion.parse(row.cuda) == cuda]
    if not rows and not drivers:
        return
    builds = [row for row in matrix.torch_builds if row.cuda and row.status == "published"]
    served = [row for row in builds if CudaVersion.parse(row.cuda or "") == cuda]
    reports = f"{listing([f'R{row.branch}' for row in drivers])} reports it" if drivers else None
    torch = f"{cuda.tag}: {_span(row.torch for row in served)}" if served else "no published build"
    lines = lines_of(
        ("released", rows[0].released if rows else "as a driver's figure alone, no toolkit"),
        ("driver", _floors(cuda, matrix)),
        ("drivers", reports),
        ("torch", torch),
    )
    because = tuple(receipt("toolkits", row) for row in rows)
    because += tuple(receipt("drivers", row) for row in drivers)
    yield Topic("cuda", f"{f'{asked}: ' if asked else ''}CUDA {cuda}", lines, because)


def cuda_major(major: int, matrix: Matrix) -> Iterator[Topic]:
    """Yield what holds for every release of a CUDA major."""
    for row in matrix.cuda_majors:
        if row.major != major:
            continue
        releases = [one.version for one in matrix.toolkits if one.version.startswith(f"{major}.")]
        builds = [
            one
            for one in matrix.torch_builds
            if one.cuda and one.cuda.startswith(f"{major}.") and one.status == "published"
        ]
        tags = sorted({one.variant for one in builds})
        lines = lines_of(
            ("driver", f"{row.linux_min} (Linux), {row.windows_min} (Windows) or newer"),
            ("toolkits", f"{releases[0]} to {releases[-1]}" if releases else None),
            (
                "torch",
                f"{', '.join(tags)}: {_span(one.torch for one in builds)}" if builds else None,
            ),
        )
        yield Topic("cuda", f"CUDA {major}.x", lines, (receipt("cuda_majors", row),))


def driver(text: str, matrix: Matrix) -> Iterator[Topic]:
    """Yield what is known of a driver: a branch (580) or a release (580.65.06)."""
    asked = DriverRelease.parse(text)
    row = driver_branch(matrix, asked)
    if row is None or (len(asked.parts) == 1 and row.branch != asked.branch):
        return
    cuda = CudaVersion.parse(row.cuda)
    served = [
        one
        for one in matrix.cuda_majors
        if DriverRelease.parse(one.linux_min).parts[0] <= asked.branch
    ]
    new = sorted({one.name for one in matrix.architectures if one.first_branch == row.branch})
    last = sorted({one.name for one in matrix.architectures if one.last_branch == row.branch})
    lasts = {"Linux": row.last_linux, "Windows": row.last_windows}
    lines = lines_of(
        ("reports", f"CUDA {cuda}"),
        (
            "runs",
            f"torch's builds for CUDA {listing([str(one.major) for one in served])}"
            if served
            else None,
        ),
        ("kind", _KINDS.get(row.kind or "", row.kind)),
        ("first", f"{row.first or ''} {f'({row.released})' if row.released else ''}".strip()),
        (
            "last",
            ", ".join(f"{release} ({system})" for system, release in lasts.items() if release),
        ),
        ("ends", row.end_of_life),
        ("new in it", f"support for {listing(new)}" if new else None),
        ("last for", listing(last) if last else None),
    )
    of = "" if len(asked.parts) == 1 else f"{asked}: "
    yield Topic(
        "driver", f"{of}NVIDIA driver branch R{row.branch}", lines, (receipt("drivers", row),)
    )


def _floors(cuda: CudaVersion, matrix: Matrix) -> str | None:
    known = {system: driver_floor(matrix, cuda, system.lower()) for system in ("Linux", "Windows")}
    found = [f"{floor.driver} ({system})" for system, floor in known.items() if floor]
    return f"{', '.join(found)} or newer" if found else None


def _newest(rows: Sequence[TorchBuild]) -> TorchBuild:
    linux = [row for row in rows if row.platform == "linux-x86_64"] or rows
    return max(linux, key=lambda row: release_key(row.torch))


def _span(releases: Iterable[str]) -> str:
    known = sorted(set(releases), key=release_key)
    return known[0] if len(known) == 1 else f"{known[0]} to {known[-1]}"
