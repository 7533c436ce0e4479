"""Instructions of a Dockerfile by the rules of BuildKit: directives, continuations, comments, here-documents."""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.linter.text import SourceText

_DIRECTIVE = regex(r"\s*#\s*([A-Za-z]\w*)\s*=\s*(.+?)\s*")
_HERE = regex(r"(?<![<\w])\d*<<(-?)([\"']?)([A-Za-z_][\w.]*)\2(?=[\s;|&)>]|$)")
_WITH_DOCUMENTS = frozenset({"run", "copy", "add"})
_FLAG = regex(r"--[a-z][\w-]*(?:=\S*)?")


class HereDocument(NamedTuple):
    """A body that stands behind an instruction: its name and its lines with their numbers."""

    name: str
    quoted: bool
    lines: tuple[tuple[int, str], ...]


class Instruction(NamedTuple):
    """One instruction: *name* in lower case, *flags*, and its *lines* without comments: number, column and text.

    *line* is where it begins, which may be before the first of *lines*: flags may have lines of their own.
    """

    name: str
    flags: tuple[str, ...]
    lines: tuple[tuple[int, int, str], ...]
    documents: tuple[HereDocument, ...] = ()
    trigger: bool = False
    line: int = 0

    @property
    def value(self) -> str:
        """Its lines as one."""
        return "".join(text for _, _, text in self.lines).strip()


def instructions(source: SourceText) -> tuple[Instruction, ...]:
    """Return the instructions of a Dockerfile in order."""
    escape, place = _directives(source.lines)
    ending = re.compile(rf"(?:^|(?<!{re.escape(escape)})){re.escape(escape)}[ \t]*$")
    made: list[Instruction] = []
    while place < len(source.lines):
        text = source.lines[place]
        if not text.strip() or text.lstrip().startswith("#"):
            place += 1
            continue
        gathered, place = _gathered(source.lines, place, ending)
        instruction = _instruction(gathered)
        if instruction is None:
            continue
        documents, place = _documents(instruction, source.lines, place)
        made.append(instruction._replace(documents=documents, line=gathered[0][0]))
    return tuple(made)


def _directives(lines: tuple[str, ...]) -> tuple[str, int]:
    """Return the sign that continues lines, and where the directives end: they stand first, each once."""
    escape, seen = "\\", set[str]()
    for place, text in enumerate(lines):
        match = _DIRECTIVE.fullmatch(text)
        if (
            match is None
            or match[1].lower() in seen
            or match[1].lower() not in ("syntax", "escape", "check")
        ):
            return escape, place
        seen.add(match[1].lower())
        if match[1].lower() == "escape" and match[2] in ("`", "\\"):
            escape = match[2]
    return escape, len(lines)


def _gathered(
    lines: tuple[str, ...], place: int, ending: re.Pattern[str]
) -> tuple[list[tuple[int, int, str]], int]:
    """Return the lines of one instruction without the signs that continue them, comments and empty lines."""
    gathered: list[tuple[int, int, str]] = []
    while place < len(lines):
        text = lines[place]
        if gathered and (not text.strip() or text.lstrip().startswith("#")):
            place += 1
            continue
        match = ending.search(text)
        gathered.append((place + 1, 1, text[: match.start()] if match else text))
        place += 1
        if match is None:
            break
    return gathered, place


def _instruction(
    gathered: list[tuple[int, int, str]], *, trigger: bool = False
) -> Instruction | None:
    number, column, first = gathered[0]
    match = re.match(r"\s*([A-Za-z]+)(?=\s|$)\s*", first)
    if match is None:
        return None
    name = match[1].lower()
    rest = [(number, column + match.end(), first[match.end() :]), *gathered[1:]]
    if name == "onbuild" and not trigger:
        return _instruction(rest, trigger=True)
    flags: list[str] = []
    start = 0
    while True:
        number, column, text = rest[start]
        blank = len(text) - len(text.lstrip())
        flag = _FLAG.match(text, blank)
        if flag is not None:
            flags.append(flag[0])
            rest[start] = (number, column + flag.end(), text[flag.end() :])
        elif not text.strip() and start < len(rest) - 1:
            start += 1
        else:
            rest[start] = (number, column + blank, text[blank:])
            break
    return Instruction(name, tuple(flags), tuple(rest[start:]), (), trigger)


def _documents(
    instruction: Instruction, lines: tuple[str, ...], place: int
) -> tuple[tuple[HereDocument, ...], int]:
    """Return the here-documents of an instruction in the order in which it opens them, and where the file goes on."""
    if instruction.name not in _WITH_DOCUMENTS:
        return (), place
    found = []
    for match in _HERE.finditer(instruction.value):
        body = []
        while place < len(lines):
            text = lines[place].lstrip("\t") if match[1] else lines[place]
            place += 1
            if text == match[3]:
                break
            body.append((place, text))
        found.append(HereDocument(match[3], bool(match[2]), tuple(body)))
    return tuple(found), place
