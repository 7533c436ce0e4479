"""Tables of the matrix as people read them: the columns that answer a question, with what follows from the rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.filters import Filters, test_of
from torch_doctor.matrix.query import driver_floor
from torch_doctor.matrix.rows import TABLES, CudaToolkit, Image, fields_of
from torch_doctor.matrix.store import Matrix

if TYPE_CHECKING:
    from torch_doctor.matrix.rows import Row

# What people call a table → the table of rows behind it.
GROUPS = {
    "torch": "torch_builds",
    "cuda": "toolkits",
    "compat": "compat_packages",
    "errors": "signatures",
    "libraries": "library_support",
    "aliases": "gpu_aliases",
}


class Shown(NamedTuple):
    """One line of a table: its cells and the rows that it rests on."""

    cells: tuple[str, ...]
    rows: tuple[Row, ...]


class Shape(NamedTuple):
    """A table: the name of its rows in the matrix, its headings, its lines and remarks on what is left out."""

    table: str
    headings: tuple[str, ...]
    lines: tuple[Shown, ...]
    remarks: tuple[str, ...] = ()


# Any: a column knows which table it is of.
Cell = Callable[[Any, Matrix], str]


def shape(name: str, filters: Filters, matrix: Matrix) -> Shape:
    """Return a table by the name that people use or that the matrix uses; raise FilterError, or KeyError on another."""
    table = GROUPS.get(name, name)
    if table not in TABLES:
        raise KeyError(name)
    holds = test_of(table, filters, matrix)
    if name == "torch":
        return _torch([row for row in matrix.torch_builds if holds(row)], filters, matrix)
    rows = [row for row in matrix.table(table) if holds(row)]
    columns = _COLUMNS.get(table) or _plain_columns(table)
    lines = tuple(Shown(tuple(cell(row, matrix) for _, cell in columns), (row,)) for row in rows)
    return Shape(table, tuple(heading for heading, _ in columns), lines, _instead(rows))


def _instead(rows: Sequence[Row]) -> tuple[str, ...]:
    absent = [row for row in rows if isinstance(row, Image) and row.status == "absent"]
    return tuple(
        f"{row.reference} does not exist; instead: {', '.join(row.nearest)}" for row in absent
    )


def pythons(tags: Iterable[str] | None) -> str:
    """Return Python tags in short: ``3.9-3.13, 3.13t``."""
    numbers, others = [], []
    for tag in tags or ():
        match = re.fullmatch(r"cp3(\d+)(m?)(t?)", tag)
        if match and not match[3]:
            numbers.append(int(match[1]))
        else:
            others.append(f"3.{match[1]}t" if match else tag)
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    spans = [f"3.{run[0]}-3.{run[-1]}" if len(run) > 1 else f"3.{run[0]}" for run in runs]
    return ", ".join((*spans, *others))


def capabilities(build: TorchBuild) -> str:
    """Return what a build has code for, as compute capabilities: ``7.5 8.0 … 12.0 12.0+PTX``."""
    if build.archs is None:
        return "not recorded"
    found = [_capability(text) for text in build.archs]
    return " ".join((*found, *(f"{_capability(text)}+PTX" for text in build.ptx or ())))


def min_driver(build: TorchBuild, matrix: Matrix) -> str:
    """Return the oldest driver that serves a build on its platform; empty for one without CUDA."""
    if build.cuda is None:
        return ""
    system = "windows" if build.platform.startswith("windows") else "linux"
    floor = driver_floor(matrix, CudaVersion.parse(build.cuda), system)
    return str(floor.driver) if floor else "not recorded"


def _torch(rows: Sequence[TorchBuild], filters: Filters, matrix: Matrix) -> Shape:
    """Builds that differ in their platform alone share a line."""
    cpu = not filters.variant and not filters.cuda
    shown = [row for row in rows if row.cuda] if cpu else list(rows)
    merged: dict[tuple[object, ...], list[TorchBuild]] = {}
    for row in shown:
        key = (row.torch, row.variant, row.archs, row.ptx, row.python_tags, row.status)
        merged.setdefault(key, []).append(row)
    lines = tuple(_torch_line(group, matrix) for group in merged.values())
    left = len(rows) - len(shown)
    remarks = (
        (f"{left} builds without CUDA are left out; --variant cpu shows them",) if left else ()
    )
    headings = (
        "torch",
        "build",
        "platforms",
        "minimum driver",
        "Python",
        "compute capabilities",
        "status",
    )
    return Shape("torch_builds", headings, lines, remarks)


def _torch_line(group: Sequence[TorchBuild], matrix: Matrix) -> Shown:
    first = group[0]
    floors = {min_driver(row, matrix): row.platform for row in group}
    drivers = [
        f"{floor} (Windows)" if platform.startswith("windows") and len(floors) > 1 else floor
        for floor, platform in floors.items()
    ]
    served = ", ".join(row.platform for row in group)
    from_pypi = ", ".join(row.platform for row in group if row.on_pypi)
    status = first.status
    if from_pypi:
        status += ", plain pip install" + ("" if from_pypi == served else f" on {from_pypi}")
    cells = (first.torch, first.variant, served, ", ".join(drivers), pythons(first.python_tags),
             capabilities(first), status)  # fmt: skip
    return Shown(cells, tuple(group))


def _capability(target: str) -> str:
    digits = re.sub(r"^\D+", "", target)
    suffix = digits[-1] if digits[-1].isalpha() else ""
    digits = digits.removesuffix(suffix)
    return f"{digits[:-1]}.{digits[-1]}{suffix}"


def _field(name: str) -> Cell:
    return lambda row, _: text_of(getattr(row, name))


def text_of(value: object) -> str:
    """Return a cell as text; what is not recorded is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(": ".join(v) if isinstance(v, tuple) else str(v) for v in value)
    return str(value)


def _fields(*names: str) -> tuple[tuple[str, Cell], ...]:
    return tuple((name.replace("_", " "), _field(name)) for name in names)


def _plain_columns(table: str) -> tuple[tuple[str, Cell], ...]:
    return _fields(*(name for name in fields_of(TABLES[table].row) if name != "origin"))


def _image_floor(row: Image, matrix: Matrix) -> str:
    if row.min_driver or row.cuda is None or row.status == "absent":
        return row.min_driver or ""
    floor = driver_floor(matrix, CudaVersion.parse(row.cuda))
    return str(floor.driver) if floor else ""


def _major_floor(system: str) -> Cell:
    def cell(row: CudaToolkit, matrix: Matrix) -> str:
        floor = driver_floor(matrix, CudaVersion.parse(row.version), system)
        return str(floor.driver) if floor else ""

    return cell


_COLUMNS: dict[str, tuple[tuple[str, Cell], ...]] = {
    "toolkits": (
        ("CUDA toolkit", _field("version")),
        ("released", _field("released")),
        ("oldest driver, Linux", _major_floor("linux")),
        ("oldest driver, Windows", _major_floor("windows")),
        ("released with, Linux", _field("driver_linux")),
        ("released with, Windows", _field("driver_windows")),
    ),
    "drivers": (
        ("branch", _field("branch")),
        ("reports CUDA", _field("cuda")),
        *_fields("kind", "first", "last_linux", "last_windows", "released", "end_of_life"),
    ),
    "gpus": (
        ("GPU", _field("name")),
        ("capability", _field("capabilities")),
        ("architecture", _field("architecture")),
        ("kind", lambda row, _: row.kind.replace("_", " ")),
        ("memory GB", _field("memory_gb")),
        ("open modules", _field("open_modules")),
        ("last branch", _field("last_branch")),
    ),
    "images": (
        ("image", _field("reference")),
        *_fields("status", "torch", "cuda", "python", "kind"),
        ("minimum driver", _image_floor),
    ),
    "companions": _fields(
        "package", "version", "torch", "requires_python", "platforms", "released"
    ),
    "companion_builds": (
        *_fields("package", "version", "platform", "abi"),
        ("Python", lambda row, _: pythons(row.python_tags)),
        *_fields("torch", "needs", "archs", "ptx", "glibc"),
    ),
}
