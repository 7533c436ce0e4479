"""Edit the text of a file and leave everything else of it as it was: encoding, mark, ends of lines."""

from __future__ import annotations

import re
from collections.abc import Iterable

from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.linter.record import Edit

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_ENDS = regex(r"(\r\n|\r|\n)")


class HeldText(NamedTuple):
    """The text of a file as it is, with the *mark* that it begins with and its *encoding*."""

    text: str
    encoding: str = "utf-8"
    mark: bytes = b""

    def encoded(self) -> bytes | None:
        """Return it as a file holds it; None where its encoding has no signs for it."""
        try:
            return self.mark + self.text.encode(self.encoding)
        except UnicodeEncodeError:
            return None


def held_text(data: bytes) -> HeldText | None:
    """Return the text of a file; None where it could not be written again as it was."""
    mark, encoding = next((one for one in _MARKS if data.startswith(one[0])), (b"", "utf-8"))
    for name in dict.fromkeys((encoding, "latin-1" if not mark else encoding)):
        try:
            found = HeldText(data[len(mark) :].decode(name), name, mark)
        except UnicodeDecodeError:
            continue
        return found if "\x00" not in found.text and found.encoded() == data else None
    return None


def edited(held: HeldText, edits: Iterable[Edit]) -> HeldText | None:
    """Return the text with all *edits*; None where one of them does not fit what stands there."""
    parts = _ENDS.split(held.text)
    end = parts[1] if len(parts) > 1 else "\n"
    for edit in edits:
        place = 2 * (edit.spot.line - 1)
        if not 0 <= place < len(parts):
            return None
        line = _line(parts[place], edit, end)
        if line is None:
            return None
        parts[place] = line
    return held._replace(text="".join(parts))


def _line(line: str, edit: Edit, end: str) -> str | None:
    new = edit.new.replace("\n", end)
    if not edit.old:
        if not line.strip():
            return None
        own = re.match(r"\s*(?:-\s+)?", line)
        indent = re.sub(r"-", " ", own[0]) if own else ""
        return f"{line}{end}{indent}{new}" if edit.below else f"{indent}{new}{end}{line}"
    if line == edit.old:
        return new
    found = [match.start() for match in re.finditer(_whole(edit.old), line)]
    meant = [place for place in found if place == edit.spot.column - 1]
    chosen = meant if len(found) > 1 else found
    if len(chosen) != 1:
        return None
    return line[: chosen[0]] + new + line[chosen[0] + len(edit.old) :]


def _whole(old: str) -> str:
    """A pattern for *old* where it is no part of a longer word."""
    before = r"(?<![\w./+-])" if re.match(r"[\w-]", old) else ""
    after = r"(?![\w+-])(?!\.\w)" if re.search(r"[\w-]$", old) else ""
    return f"{before}{re.escape(old)}{after}"
