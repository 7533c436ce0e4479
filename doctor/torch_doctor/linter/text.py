"""The text of a file with its lines, and where in it a place of a part of it lies."""

from __future__ import annotations

from bisect import bisect_right

from torch_doctor.core.tuples import NamedTuple


class Spot(NamedTuple):
    """A place in a file that was read; lines and columns count from 1, column 0 is the whole line."""

    file: str
    line: int
    column: int = 0


class SourceText(NamedTuple):
    """A file as text. *lines* are without their ends."""

    path: str
    text: str
    lines: tuple[str, ...]

    def line(self, number: int) -> str:
        """Return one line, counted from 1; empty where there is none."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


class Run(NamedTuple):
    """A part of a text that starts at *offset* of a fragment, and where in the file it stands."""

    offset: int
    line: int
    column: int


class Fragment(NamedTuple):
    """A text that was put together from lines of a file: a shell script in a RUN, a block of YAML, a cell."""

    file: str
    text: str
    pieces: tuple[Run, ...]

    def spot(self, offset: int) -> Spot:
        """Return where in the file a place of the fragment stands."""
        index = bisect_right(self.pieces, offset, key=lambda piece: piece.offset) - 1
        piece = self.pieces[max(0, index)]
        return Spot(self.file, piece.line, piece.column + offset - piece.offset)


def fragment(file: str, lines: list[tuple[int, int, str]]) -> Fragment:
    """Return lines as one text, each ended by a newline; a line is its number, its first column and its text."""
    pieces, offset = [], 0
    for number, column, text in lines:
        pieces.append(Run(offset, number, column))
        offset += len(text) + 1
    whole = "".join(f"{text}\n" for _, _, text in lines)
    return Fragment(file, whole, tuple(pieces) or (Run(0, 1, 1),))


def whole(source: SourceText) -> Fragment:
    """Return a file as one fragment."""
    return fragment(source.path, [(n, 1, line) for n, line in enumerate(source.lines, 1)])


def decoded(data: bytes) -> str | None:
    """Return the text of a file: UTF-8, UTF-16 where a mark says so, else Latin-1; None where it is none."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16").replace("\x00", "")
        except UnicodeDecodeError:
            return None
    if b"\x00" in data[:4096]:
        return None
    try:
        return data.decode("utf-8-sig").replace("\x00", "")
    except UnicodeDecodeError:
        return data.decode("latin-1").replace("\x00", "")


def source(path: str, text: str) -> SourceText:
    r"""Return a text as a file's: lines end with \n or \r\n alone, as those who write files count them."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = plain.split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    return SourceText(path, plain, tuple(lines))
