"""All that the page knows, as one document: builds, GPUs, drivers, and the law's answers, each written once."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import Any
from torch_doctor.core.version import DriverRelease
from torch_doctor.explorer.beside import Beside, beside
from torch_doctor.explorer.cells import alike, law_of
from torch_doctor.explorer.gpus import COMMON, classes, listings, offered, possible, standings
from torch_doctor.explorer.numbered import Tables, number, tables
from torch_doctor.explorer.pythons import pythons
from torch_doctor.matrix.law.machine import GpuTraits, Machine
from torch_doctor.matrix.law.support_end import last_torch_for
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.recommendation.question.asked import PLATFORMS, Asked, Constraints
from torch_doctor.recommendation.question.constraints import understand
from torch_doctor.recommendation.question.hosts import described, machine
from torch_doctor.recommendation.solving.solve import (
    Candidate,
    candidates_for,
    unpublished,
)

WORDS = {
    "linux-x86_64": "Linux x86_64",
    "linux-aarch64": "Linux aarch64 (Arm servers, Grace)",
    "windows": "Windows",
    "wsl": "WSL 2",
    "jetson": "Jetson",
}


def document(matrix: Matrix) -> dict[str, Any]:
    """Return the document of the page."""
    shared = tables()
    names = list(offered(matrix))
    kinds, gpus = classes(names, shared)
    ways, standing = standings(names, matrix)
    there = possible(gpus, ways, standing)
    listed: dict[str, list[Candidate]] = {}
    for platform in PLATFORMS:
        host = machine(described(Constraints(), platform), matrix)
        listed.setdefault(host.wheel_platform or "", list(candidates_for((host,), matrix)))
    found = {
        "matrix": {"version": matrix.version, "digest": matrix.digest},
        "common": len(COMMON),
        "gpus": [
            [*gpu, place, first]
            for gpu, place, first in zip(gpus, standing, listings(names, shared), strict=True)
        ],
        "standings": ways,
        "kinds": [
            [str(gpu.capability or ""), gpu.architecture and gpu.architecture.name] for gpu in kinds
        ],
        "releases": _releases(matrix, shared),
        "builds": {name: [*_builds(rows, shared)] for name, rows in listed.items()},
        "pythons": pythons(listed, matrix, shared),
        "platforms": [
            _platform(name, Beside(kinds, there, listed, matrix, shared)) for name in PLATFORMS
        ],
        "drivers": _drivers(matrix, shared),
        "floors": [_floor(row, shared) for row in matrix.cuda_majors],
    }
    found["with"] = beside(Beside(kinds, there, listed, matrix, shared))
    return found | {
        "laws": shared.laws.values,
        "reasons": shared.reasons.values,
        "rows": shared.rows.values,
        "sources": shared.sources.values,
    }


def _releases(matrix: Matrix, shared: Tables) -> dict[str, Any]:
    """Return the day of each release, what a plain pip install brings, and its row."""
    return {
        row.version: [row.released, dict(row.pypi), shared.row(receipt("torch_releases", row))]
        for row in matrix.torch_releases
    }


def _builds(candidates: list[Candidate], shared: Tables) -> Iterator[list[Any]]:
    for one in candidates:
        row = one.rows[0]
        tag = f"+{row.variant}" if row.index_url else ""
        index = f" --index-url {row.index_url}" if row.index_url else ""
        install = f'python -m pip install "torch=={row.torch}{tag}"{index}'
        code = None if row.archs is None else " ".join((*row.archs, *(row.ptx or ())))
        yield [
            *(row.torch, row.variant, row.cuda, row.status, code, row.python_tags, row.glibc),
            *(install, shared.row(receipt("torch_builds", row)), _doubt(one, shared)),
        ]


def _doubt(candidate: Candidate, shared: Tables) -> int | None:
    """Return the place of the reason why a build may not be there at all."""
    for one in unpublished(candidate):
        return shared.reason(one.message, one.because)
    return None


def _platform(name: str, given: Beside) -> dict[str, Any]:
    """Return a platform: for each kind of GPU the laws of its builds, and the last build with code for it."""
    host = machine(described(Constraints(), name), given.matrix)
    wheels = host.wheel_platform or ""
    cells: list[list[int] | None] = []
    last: list[str | None] = []
    for kind, gpu in enumerate(given.kinds):
        if kind not in given.possible[name]:
            cells.append(None)
            last.append(None)
            continue
        one = host._replace(gpus=(gpu,))
        cells.append([*_laws(given.listed[wheels], one, given.matrix, given.shared)])
        last.append(_last(gpu, one, given.matrix))
    words = {"name": name, "words": WORDS[name], "wheels": wheels}
    return {**words, "cells": cells, "last": last}


def _laws(
    candidates: list[Candidate], host: Machine, matrix: Matrix, shared: Tables
) -> Iterator[int]:
    known: dict[tuple[object, ...], int] = {}
    for one in candidates:
        key = alike(one)
        if key not in known:
            known[key] = law_of(one, host, matrix, shared)
        yield known[key]


def _last(gpu: GpuTraits, host: Machine, matrix: Matrix) -> str | None:
    row = last_torch_for(gpu, host, matrix)
    return f"{row.torch}+{row.variant}" if row else None


def _drivers(matrix: Matrix, shared: Tables) -> list[list[Any]]:
    """Return each branch: its CUDA, what the bare number means on Linux and on Windows, its end, its row."""
    found = []
    for row in sorted(matrix.drivers, key=lambda row: row.branch, reverse=True):
        meant = [
            understand(Asked(driver=str(row.branch), platform=name), matrix).driver
            for name in ("linux-x86_64", "windows")
        ]
        numbers = [[str(one), number(one.parts)] for one in meant if one]
        place = shared.row(receipt("drivers", row))
        found.append([row.branch, row.cuda, numbers, row.end_of_life, place])
    return found


def _floor(row: Any, shared: Tables) -> list[Any]:
    lows = (row.linux_min, row.windows_min)
    numbers = [[text, number(DriverRelease.parse(text).parts)] for text in lows]
    return [row.major, numbers, shared.row(receipt("cuda_majors", row))]
