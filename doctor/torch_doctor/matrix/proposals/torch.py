"""Rows for a release that the matrix does not know yet, as YAML to be reviewed and added by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from torch_doctor.core.text import one_line
from torch_doctor.matrix.measured.torch import Measured
from torch_doctor.matrix.proposals.rows import Addition, quoted
from torch_doctor.matrix.query import release_key, torch_release
from torch_doctor.matrix.store import Matrix


def torch_additions(unknown: Iterable[Measured], matrix: Matrix) -> Iterator[Addition]:
    """Yield the same rows one by one, for the files that hold them."""
    by_release: dict[str, list[Measured]] = {}
    for item in sorted(unknown, key=lambda item: (release_key(item.torch), item.platform)):
        by_release.setdefault(item.torch, []).append(item)
    for version, items in by_release.items():
        place = f"torch/{'.'.join(version.split('.')[:2])}.yaml"
        if torch_release(matrix, version) is None:
            yield Addition(place, "torch_releases", tuple(_release(version, items)))
        for item in items:
            lines = tuple(_build(item))
            cells = tuple(line for line in lines if not line.lstrip().startswith("#"))
            yield Addition(place, "torch_builds", (*cells, "    how: binary", *lines[len(cells) :]))


def proposed(unknown: Iterable[Measured], matrix: Matrix, day: str) -> str:
    """Return YAML rows for releases that were read and are not on record; *day* is when they were read."""
    by_release: dict[str, list[Measured]] = {}
    for item in sorted(unknown, key=lambda item: (release_key(item.torch), item.platform)):
        by_release.setdefault(item.torch, []).append(item)
    if not by_release:
        return ""
    new = {v: items for v, items in by_release.items() if torch_release(matrix, v) is None}
    lines = [f"defaults: {{checked: {day}, how: binary}}", ""]
    if new:
        lines += [
            "torch_releases:",
            *(line for v, items in new.items() for line in _release(v, items)),
            "",
        ]
    lines += [
        "torch_builds:",
        *(line for items in by_release.values() for item in items for line in _build(item)),
    ]
    return "\n".join(lines) + "\n"


def _release(version: str, items: Sequence[Measured]) -> Iterator[str]:
    served = ", ".join(f"{item.platform}: {item.variant}" for item in items)
    first = next((item for item in items if item.platform == "linux-x86_64"), items[0])
    yield f"  - version: {quoted(version)}"
    released = min((item.released for item in items if item.released), default=None)
    for name, value in (
        ("released", released),
        ("requires_python", first.requires_python),
        ("git_version", first.git_version),
    ):
        if value:
            yield f"    {name}: {quoted(value)}"
    yield f"    pypi: {{{served}}}"
    yield f'    source: "pypi:torch=={version}"'
    yield "    how: metadata"


def _build(item: Measured) -> Iterator[str]:
    unread = dict(item.unread)
    yield f"  - torch: {quoted(item.torch)}"
    yield f"    variant: {item.variant}"
    yield f"    platform: {item.platform}"
    if item.cuda:
        yield f"    cuda: {quoted(item.cuda)}"
    for name in ("archs", "ptx", "python_tags"):
        if name not in unread:
            yield f"    {name}: [{', '.join(getattr(item, name))}]"
    if item.glibc:
        yield f"    glibc: {quoted(item.glibc)}"
    if item.cxx11_abi is not None:
        yield f"    cxx11_abi: {str(item.cxx11_abi).lower()}"
    yield "    on_pypi: true"
    yield "    status: published"
    if item.pins:
        yield "    pins:"
        yield from (f"      {name}: {quoted(spec)}" for name, spec in item.pins)
    yield f'    source: "pypi:torch=={item.torch}"'
    for field, why in item.unread:
        yield f"    # {field} could not be read: {one_line(why)}"
