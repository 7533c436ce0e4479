"""A plain table fitted to a width: wide columns give way first and wrap; where none can, rows become blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch_doctor.core.text import visible
from torch_doctor.render.text.line import Line, Segment, columns, labelled, text, wrap

_GAP = 2
_LEAST = 7
# Letters of a name that is not split, such as driver-too-old-for-cuda-build: where there is room, and at least.
_NAMES = (32, 14)
# Columns that words need to be read as a sentence.
_PROSE = 20


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[Line]:
    """Return the table as lines of at most *width* columns. A column that is empty throughout is left out."""
    kept = [i for i in range(len(headings)) if any(row[i] for row in rows)]
    heads = [headings[i] for i in kept]
    body = [[visible(row[i]) for i in kept] for row in rows]
    if not kept:
        return
    widths = _widths(heads, body, width)
    if widths is None:
        yield from _blocks(heads, body)
        return
    yield from _row(heads, widths, "bold")
    for row in body:
        yield from _row(row, widths, "")


def _widths(heads: list[str], body: list[list[str]], width: int) -> list[int] | None:
    """Return the width of each column, or None where the table cannot be made narrow enough to be read."""
    wanted = [max(columns(row[i]) for row in (heads, *body)) for i in range(len(heads))]
    room = width - _GAP * (len(heads) - 1)
    for longest in _NAMES:
        least = _least(heads, body, wanted, longest)
        # The first column names the row, often by a path that somebody copies.
        if not any(" " in row[0] for row in body):
            least[0] = wanted[0]
        if sum(least) <= room:
            break
    else:
        return None
    while sum(wanted) > room:
        widest = max(
            (i for i in range(len(wanted)) if wanted[i] > least[i]), key=lambda i: wanted[i]
        )
        wanted[widest] -= 1
    return wanted


def _least(heads: list[str], body: list[list[str]], wanted: list[int], longest: int) -> list[int]:
    """Return how narrow each column may become: it holds its heading and every name of at most *longest* letters."""
    named = [max(_name_in(row[i], longest) for row in body) for i in range(len(heads))]
    readable = [_PROSE if any(" " in row[i] for row in body) else _LEAST for i in range(len(heads))]
    return [
        min(wanted[i], max(readable[i], _longest_word(heads[i]), named[i]))
        for i in range(len(heads))
    ]


def _row(cells: Sequence[str], widths: list[int], style: str) -> Iterator[Line]:
    stacks = [_wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    for depth in range(max(map(len, stacks))):
        parts = [stack[depth] if depth < len(stack) else "" for stack in stacks]
        padded = [
            part + " " * (width - columns(part)) for part, width in zip(parts, widths, strict=True)
        ]
        yield Line((), lead=(Segment((" " * _GAP).join(padded).rstrip(), style),))


def _wrapped(cell: str, width: int) -> list[str]:
    rows = wrap((text(cell),), width, cells=True)
    return ["".join(segment.text for segment in row) for row in rows]


def _longest_word(words: str) -> int:
    return max((columns(word) for word in words.split()), default=0)


def _name_in(cell: str, longest: int) -> int:
    """Return how long the longest word is that is no longer than *longest*, such as linux-x86_64."""
    return max((size for word in cell.split() if (size := columns(word)) <= longest), default=0)


def _blocks(heads: list[str], body: list[list[str]]) -> Iterator[Line]:
    hang = min(18, max(map(columns, heads)) + 4)
    for row in body:
        yield text(Segment(row[0], "bold"), hang=2)
        for head, cell in zip(heads[1:], row[1:], strict=True):
            if cell:
                yield labelled((Segment(head, "dim"),), cell, indent=2, hang=hang)
