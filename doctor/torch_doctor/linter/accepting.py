"""What somebody chose to live with: a comment in the file, or a setting, with the problem's name and a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line, visible
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.linter.record import FileRead, Flaw

_COMMENT = regex(
    r"(?:#|//|;)\s*torch-doctor:\s*ignore\[([\w, -]{0,400})\]:?\s*(.*?)\s*(?:\*/|-->)?$"
)
_MARK = "torch-doctor:"
# Instructions of a Dockerfile that take everything behind them for their value, a comment, too.
_TAKES_ALL = regex(
    r"\s*(?:from|arg|env|copy|add|workdir|user|label|cmd|entrypoint|shell|expose|volume)\s",
    re.IGNORECASE,
)
_MOST_LINES = 500


class AcceptedProblem(NamedTuple):
    """A problem that settings accept, in *files* (patterns; none is everywhere), up to the day *until*.

    Without *until* it holds for ever. *where* is the file and line that says so.
    """

    problem: str
    reason: str
    where: str
    files: tuple[str, ...] = ()
    until: str = ""

    def covers(self, flaw: Flaw) -> bool:
        """Whether it speaks of this problem in this file."""
        patterns = [f"{one}*" if one.endswith("/") else one for one in self.files]
        return self.problem == flaw.problem and (
            not patterns or any(fnmatchcase(flaw.spot.file, one) for one in patterns)
        )


def with_acceptance(
    flaw: Flaw, file: FileRead, accepted: tuple[AcceptedProblem, ...], today: str
) -> Flaw:
    """Return *flaw* with the reason for which it is accepted, or with why what is meant to accept it does not."""
    words = ""
    for number, line in _around(file, flaw.spot.line):
        match = _COMMENT.search(line) if _MARK in line else None
        if match is None:
            continue
        names, reason = re.split(r"[,\s]+", match[1].strip()), _reason(match[2], file.kind)
        if flaw.problem not in names:
            words = words or _misspelled(flaw.problem, names)
        elif file.kind == "dockerfile" and _TAKES_ALL.match(line):
            words = "a Dockerfile has no comments behind this instruction: put it on a line of its own above"
        elif not reason:
            words = (
                "a comment accepts it without a reason, so it counts: write why behind the bracket"
            )
        else:
            where = f"{flaw.spot.file}:{number}"
            return flaw._replace(reason=visible(reason, 300), accepted_in=where)
    for one in accepted:
        if one.covers(flaw):
            if not one.until or one.until >= today:
                return flaw._replace(reason=visible(one.reason, 300), accepted_in=one.where)
            words = f"it was accepted until {one.until} ({one_line(one.reason, 200)}; {one.where}): it counts again"
    return flaw._replace(not_accepted=words)


def _around(file: FileRead, number: int) -> Iterator[tuple[int, str]]:
    """Yield a line, and the comments above it or above the instruction that it continues."""
    text = file.text
    yield number, text.line(number)
    for above in range(number - 1, max(0, number - _MOST_LINES), -1):
        line = text.line(above)
        if line.lstrip(' \t"').startswith(("#", "//", ";")):
            yield above, line
        elif not line.rstrip().endswith("\\"):
            return


def _reason(text: str, kind: str) -> str:
    """Return the reason; in a notebook a line of a cell is a text of JSON, with its end."""
    return re.sub(r'(?:\\n)?",?$', "", text).strip() if kind == "notebook" else text


def _misspelled(problem: str, names: list[str]) -> str:
    """Say where a comment seems to mean *problem* and has another name for it."""
    from difflib import get_close_matches

    near = get_close_matches(problem, names, 1, 0.8)
    return (
        f"a comment accepts {near[0]}, and there is no such problem: did you mean {problem}?"
        if near
        else ""
    )
