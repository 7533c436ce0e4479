"""Lines of styled segments, wrapped to a width. What is printed in colour is what is printed plainly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line, visible
from torch_doctor.core.tuples import NamedTuple

_QUOTED = regex(r"""(?:"[^"]*"|'[^']*'|[^\s"'])+|["']""")
# Paths and addresses are copied: a line end inside one would break it, and a terminal would not know it for a link.
_COPIED = regex(r"\w://|(?:^|[\[(=\"'])[~.]{0,2}/\S*/")
_LONGEST_COPIED = 512
_BREAKABLE = regex(r"[/,=:;_-]")


class Segment(NamedTuple):
    """A piece of text and the name of its style."""

    text: str
    style: str = ""


class Line(NamedTuple):
    """One logical line. Its words begin *hang* columns in, behind *lead*; a *command* breaks between words only."""

    segments: tuple[Segment, ...] = ()
    indent: int = 0
    hang: int = 0
    command: bool = False
    lead: tuple[Segment, ...] = ()


def text(*parts: str | Segment, indent: int = 0, hang: int | None = None) -> Line:
    """Return a line of prose."""
    segments = tuple(part if isinstance(part, Segment) else Segment(part) for part in parts)
    return Line(segments, indent, indent if hang is None else hang)


def labelled(lead: tuple[Segment, ...], *parts: str | Segment, indent: int = 0, hang: int) -> Line:
    """Return prose behind a label: the label begins at *indent*, the words at *hang*."""
    return text(*parts, indent=indent, hang=hang)._replace(lead=lead)


def command(words: str, indent: int) -> Iterator[Line]:
    """Return a command as lines that can be pasted, one for each line that it has."""
    for row in visible(words).splitlines():
        yield Line((Segment(row.strip(), "command"),), indent, indent + 4, command=True)


def wrap(lines: Iterable[Line], width: int, *, cells: bool = False) -> Iterator[list[Segment]]:
    """Break *lines* into rows of at most *width* columns.

    A single word of a command is never broken, nor a path or an address, which may run over; in *cells* of a table
    they are, or the columns beside them would move.
    """
    for line in lines:
        yield from _wrap_command(line, width) if line.command else _wrap_text(line, width, cells)


def columns(words: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if words.isascii():
        return len(words)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in words)


def _wrap_text(line: Line, width: int, cells: bool) -> Iterator[list[Segment]]:
    row, used = _start(line)
    fresh = True
    for word in _words(line.segments):
        room = max(4, width - max(line.indent, line.hang))
        for piece in [word] if not cells and _is_copied(word) else _pieces(word, room):
            size = sum(columns(segment.text) for segment in piece)
            gap = 0 if fresh else 1
            if not fresh and used + gap + size > width:
                yield row
                row, used, gap = [Segment(" " * line.hang)], line.hang, 0
            row += [Segment(" ")] * gap + piece
            used += gap + size
            fresh = False
    yield row


def _start(line: Line) -> tuple[list[Segment], int]:
    row = [Segment(" " * line.indent), *line.lead]
    used = sum(columns(segment.text) for segment in row)
    if not line.lead:
        return row, used
    return [*row, Segment(" " * (line.hang - used))], max(used, line.hang)


def _words(segments: tuple[Segment, ...]) -> Iterator[list[Segment]]:
    """Split segments at blanks; a word keeps the styles of its parts."""
    word: list[Segment] = []
    for segment in segments:
        for part in re.split(r"(\s+)", _clean(segment.text)):
            if part.isspace():
                if word:
                    yield word
                word = []
            elif part:
                word.append(Segment(part, segment.style))
    if word:
        yield word


def _clean(words: str) -> str:
    return visible(words).replace("\n", " ").replace("\t", " ")


def _is_copied(word: list[Segment]) -> bool:
    whole = "".join(segment.text for segment in word)
    return len(whole) <= _LONGEST_COPIED and bool(_COPIED.search(whole))


def _pieces(word: list[Segment], room: int) -> Iterator[list[Segment]]:
    """Break a word that fits in no row, behind a separator where there is one."""
    whole = "".join(segment.text for segment in word)
    if columns(whole) <= room:
        yield word
        return
    style = word[-1].style
    while columns(whole) > room:
        cut = room if whole.isascii() else max(1, room // 2)
        breaks = [match.end() for match in _BREAKABLE.finditer(whole[:cut])]
        if breaks and breaks[-1] > cut // 2:
            cut = breaks[-1]
        yield [Segment(whole[:cut], style)]
        whole = whole[cut:]
    yield [Segment(whole, style)]


def _wrap_command(line: Line, width: int) -> Iterator[list[Segment]]:
    row, fresh = " " * line.indent, True
    for word in _units(one_line(line.segments[0].text, 8192), width - line.hang - 2):
        # A word that fits in no row gains nothing from a row of its own.
        fits_alone = line.hang + columns(word) + 2 <= width
        if not fresh and fits_alone and columns(row) + 1 + columns(word) + 2 > width:
            yield [Segment(f"{row} \\", "command")]
            row, fresh = " " * line.hang, True
        row, fresh = row + word if fresh else f"{row} {word}", False
    yield [Segment(row, "command")]


def _units(words: str, room: int) -> list[str]:
    """Split a command at blanks outside quotes; an option stays beside its value where both fit."""
    units: list[str] = []
    for word in _QUOTED.findall(words):
        option = units[-1] if units else ""
        fits = columns(option) + 1 + columns(word) <= room
        if option.startswith("--") and " " not in option and not word.startswith("-") and fits:
            units[-1] = f"{option} {word}"
        else:
            units.append(word)
    return units
