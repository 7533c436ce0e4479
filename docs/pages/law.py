"""The pictures of docs/law.md: drivers against builds and GPUs, code against GPUs, and the way to a cause."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from torch_doctor.core.version import ComputeCapability, SmTarget
from torch_doctor.matrix.law.arch import cubin_runs, ptx_compiles
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.query import release_key

if TYPE_CHECKING:
    from torch_doctor.matrix.store import Matrix

_FONT = 'font-family="system-ui, sans-serif"'
_INK, _DIM, _YES, _NO, _PAPER, _LINE = (
    "#1f2328",
    "#57606a",
    "#1a7f37",
    "#cf222e",
    "#ffffff",
    "#d0d7de",
)
_BARS = {"build": "#0b7285", "gpu": "#5f3dc4"}
_FIRST_BRANCH, _LAST = 440, 9999
# A GPU that people have of each capability in the picture of code.
_GPUS = {
    "6.1": "GTX 1080 Ti", "7.0": "V100", "7.5": "T4", "8.0": "A100", "8.6": "RTX 3090",
    "8.9": "RTX 4090", "9.0": "H100", "10.0": "B200", "12.0": "RTX 5090", "12.1": "DGX Spark",
}  # fmt: skip
_CUDAS = ("13.2", "12.8", "12.6", "11.8")


def files() -> Iterator[tuple[str, str]]:
    """Yield the pictures: their paths under docs/ and their texts."""
    matrix = load_matrix()
    yield "pictures/law-drivers.svg", _drivers(matrix)
    yield "pictures/law-code.svg", _code(matrix)
    yield "pictures/law-flow.svg", _flow()


def _drivers(matrix: Matrix) -> str:
    branches = sorted(row.branch for row in matrix.drivers if row.branch >= _FIRST_BRANCH)
    left, step, high = 250, 26, 30
    rows = list(_spans(matrix))
    width, height = left + step * len(branches) + 20, 60 + high * len(rows) + 20
    parts = []
    for place, branch in enumerate(branches):
        x = left + step * place
        parts.append(
            _text(x + step / 2, 44, str(branch), size=10, colour=_DIM, middle=True, turned=True)
        )
        parts.append(f'<path d="M{x} 50V{height - 16}" stroke="{_LINE}" stroke-width=".5"/>')
    for place, (kind, name, first, last) in enumerate(rows):
        y = 56 + high * place
        inside = [one for one, branch in enumerate(branches) if first <= branch <= last]
        parts.append(_text(12, y + 15, name))
        x, wide = left + step * inside[0], step * len(inside)
        parts.append(
            f'<rect x="{x}" y="{y}" width="{wide}" height="20" rx="4" fill="{_BARS[kind]}"/>'
        )
        words = " ".join(
            filter(None, (first > _FIRST_BRANCH and f"from {first}", last < _LAST and f"to {last}"))
        )
        inside_bar = wide > 3 * step
        at, colour = (x + 8, _PAPER) if inside_bar else (x - 62, _INK)
        parts.append(_text(at, y + 14, words or "all of these", size=11, colour=colour))
    return _svg(
        width, height, "Which driver branch runs builds for a CUDA major, and drives a GPU", parts
    )


def _spans(matrix: Matrix) -> Iterator[tuple[str, str, int, int]]:
    """Yield kind, name, first and last branch of each bar."""
    for major in sorted(matrix.cuda_majors, key=lambda row: row.major):
        yield (
            "build",
            f"builds for CUDA {major.major}.x",
            int(major.linux_min.partition(".")[0]),
            _LAST,
        )
    groups: dict[tuple[int, int], list[str]] = {}
    for row in sorted(matrix.architectures, key=lambda row: release_key(row.capability)):
        if not row.tegra and (row.first_branch or row.last_branch):
            key = (row.first_branch or _FIRST_BRANCH, row.last_branch or _LAST)
            groups.setdefault(key, []).append(row.capability)
    for (first, last), names in groups.items():
        span = f"{names[0]} to {names[-1]}" if len(names) > 2 else " and ".join(names)
        yield "gpu", f"GPUs of capability {span}", first, last


def _code(matrix: Matrix) -> str:
    builds = []
    for cuda in _CUDAS:
        rows = [
            row for row in matrix.torch_builds
            if row.cuda == cuda and row.platform == "linux-x86_64" and row.status == "published" and row.archs
        ]  # fmt: skip
        builds.append(max(rows, key=lambda row: release_key(row.torch)))
    left, wide, high = 230, 150, 34
    width, height = left + wide * len(builds) + 16, 54 + high * len(_GPUS) + 12
    parts = [
        _text(
            left + wide * place + wide / 2, 32, f"{row.torch}+{row.variant}", bold=True, middle=True
        )
        for place, row in enumerate(builds)
    ]
    for line, (capability, name) in enumerate(_GPUS.items()):
        y = 54 + high * line
        wanted = ComputeCapability.parse(capability)
        parts.append(_text(12, y + 19, f"{name}, {wanted.sm}"))
        parts.append(f'<path d="M8 {y - 4}H{width - 8}" stroke="{_LINE}" stroke-width=".7"/>')
        for place, row in enumerate(builds):
            serves = _serving(row.archs or (), row.ptx or (), wanted)
            words, colour = (f"✓ {serves}", _YES) if serves else ("✗ no code", _NO)
            parts.append(
                _text(left + wide * place + wide / 2, y + 19, words, colour=colour, middle=True)
            )
    return _svg(width, height, "Which code in a build runs on which GPU", parts)


def _serving(archs: tuple[str, ...], ptx: tuple[str, ...], wanted: ComputeCapability) -> str:
    machine = [one for one in archs if cubin_runs(SmTarget.parse(one), wanted, tegra=False)]
    if machine:
        return max(machine, key=lambda one: SmTarget.parse(one).capability)
    compiled = [one for one in ptx if ptx_compiles(SmTarget.parse(one), wanted)]
    return f"{compiled[-1]}, compiled" if compiled else ""


_STEPS = (
    ("a machine", "a pasted report", "files of a team"),
    ("facts", "each with its source", "or why it is unknown"),
    ("the law", "rows of the matrix", "yes, no or unknown"),
    ("rules", "one fault each", "with the facts it saw"),
    ("one cause", "consequences fold", "under it"),
    ("cures", "each tried on the facts,", "smallest first"),
)


def _flow() -> str:
    wide, gap, high = 150, 24, 86
    parts = []
    for place, (head, *rest) in enumerate(_STEPS):
        x = 10 + place * (wide + gap)
        parts.append(
            f'<rect x="{x}" y="14" width="{wide}" height="{high}" rx="8" fill="none" stroke="{_BARS["build"]}" '
            'stroke-width="1.5"/>'
        )
        parts.append(_text(x + wide / 2, 42, head, bold=True, middle=True))
        for line, words in enumerate(rest):
            parts.append(
                _text(x + wide / 2, 64 + 16 * line, words, size=11, colour=_DIM, middle=True)
            )
        if place:
            parts.append(
                f'<path d="M{x - gap + 3} 57H{x - 5}m-6 -5l6 5l-6 5" fill="none" stroke="{_INK}" stroke-width="1.5"/>'
            )
    width = 20 + len(_STEPS) * (wide + gap) - gap
    return _svg(width, high + 28, "From what is seen to one cause and its cures", parts)


def _text(
    x: float, y: float, words: str, *, size: int = 13, colour: str = _INK, bold: bool = False,
    middle: bool = False, turned: bool = False,
) -> str:  # fmt: skip
    more = ' text-anchor="middle"' if middle else ""
    more += ' font-weight="600"' if bold else ""
    more += f' transform="rotate(-45 {x:g} {y:g})"' if turned else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}"{more}>{escape(words)}</text>'
    )


def _svg(width: float, height: float, title: str, parts: list[str]) -> str:
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" {_FONT}>',
            f"<title>{escape(title)}</title>",
            f'<rect width="{width:g}" height="{height:g}" rx="8" fill="{_PAPER}"/>',
            *parts,
            "</svg>",
            "",
        )
    )
