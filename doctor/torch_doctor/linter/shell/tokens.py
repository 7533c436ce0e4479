"""Split a shell script into words and operators, each with its place. Nothing in a text raises."""

from __future__ import annotations

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.linter.shell.expand import closing

_BLANK = " \t"
_OPERATORS = ("&&", "||", ";;", ";", "|&", "|", "&", "(", ")", "\n")
_ENDS = " \t\n;|&()<>"


class ShellPart(NamedTuple):
    """A part of a word: *kind* is text, quoted (no variables in it) or open (variables are replaced)."""

    kind: str
    text: str


class ShellToken(NamedTuple):
    """A word, an operator or a redirection. *glued* says that no blank stands before it."""

    kind: str
    parts: tuple[ShellPart, ...]
    offset: int
    glued: bool = False

    @property
    def raw(self) -> str:
        """The text without quotes, its variables as they are written."""
        return "".join(part.text for part in self.parts)

    @property
    def bare(self) -> bool:
        """Whether nothing of it is quoted."""
        return all(part.kind == "open" for part in self.parts)


def tokens(text: str, bodies: list[range] | None = None) -> list[ShellToken]:
    """Return the tokens of a script; comments and the bodies of here-documents are left out.

    Where these bodies stand is added to *bodies*.
    """
    found: list[ShellToken] = []
    waiting: list[tuple[str, bool]] = []
    place, glued = 0, False
    while place < len(text):
        sign = text[place]
        if text.startswith("\\\n", place):
            place += 2
        elif sign in _BLANK:
            place, glued = place + 1, False
        elif sign == "#" and not glued:
            end = text.find("\n", place)
            place = len(text) if end < 0 else end
        elif sign in "<>" or (
            sign.isdigit() and not glued and text[place + 1 : place + 2] in ("<", ">")
        ):
            place = _redirection(text, place, found, waiting, glued=glued)
            glued = False
        elif operator := next((one for one in _OPERATORS if text.startswith(one, place)), ""):
            found.append(ShellToken("op", (ShellPart("open", operator),), place, glued))
            place, glued = place + len(operator), False
            if operator == "\n" and waiting:
                first, place = place, _after_documents(text, place, waiting)
                if bodies is not None:
                    bodies.append(range(first, place))
        else:
            word, end = _word(text, place)
            found.append(ShellToken("word", word, place, glued))
            place, glued = max(end, place + 1), True
    return found


def _redirection(
    text: str, place: int, found: list[ShellToken], waiting: list[tuple[str, bool]], *, glued: bool
) -> int:
    start = place
    while place < len(text) and text[place].isdigit():
        place += 1
    operator = next(
        one for one in ("<<<", "<<-", "<<", "<&", ">>", ">&", ">|", "<(", ">(", "<>", "<", ">")
        if text.startswith(one, place)
    )  # fmt: skip
    place += len(operator)
    if operator in ("<(", ">("):
        end = closing(text, place - 1, "(", ")")
        found.append(ShellToken("word", (ShellPart("open", "$()"),), start, glued))
        return end + 1
    touching = place < len(text) and text[place] not in _BLANK
    while place < len(text) and text[place] in _BLANK:
        place += 1
    word, end = _word(text, place)
    if operator in ("<<", "<<-"):
        waiting.append(("".join(part.text for part in word), operator == "<<-"))
    else:
        parts = (ShellPart("open", operator), *word)
        found.append(ShellToken("redirect", parts, start, glued and touching))
    return max(end, place)


def _after_documents(text: str, place: int, waiting: list[tuple[str, bool]]) -> int:
    """Return where the text goes on after the bodies of here-documents, in the order in which they were opened."""
    for end, stripped in waiting:
        while place < len(text):
            stop = text.find("\n", place)
            stop = len(text) if stop < 0 else stop
            line = text[place:stop]
            place = stop + 1
            if (line.lstrip("\t") if stripped else line) == end:
                break
    waiting.clear()
    return min(place, len(text))


def _word(text: str, place: int) -> tuple[tuple[ShellPart, ...], int]:
    parts: list[ShellPart] = []
    while place < len(text) and text[place] not in _ENDS:
        sign = text[place]
        if text.startswith("\\\n", place):
            place += 2
        elif sign == "\\":
            parts.append(ShellPart("quoted", text[place + 1 : place + 2]))
            place += 2
        elif sign == "'":
            end = text.find("'", place + 1)
            end = len(text) if end < 0 else end
            parts.append(ShellPart("quoted", text[place + 1 : end]))
            place = end + 1
        elif sign == '"':
            end = _double(text, place)
            parts.append(ShellPart("text", _unescaped(text[place + 1 : end])))
            place = end + 1
        else:
            end = _plain(text, place)
            parts.append(ShellPart("open", text[place:end]))
            place = end
    return tuple(parts), place


def _plain(text: str, place: int) -> int:
    """Return the end of what stands without quotes, with whole ``${…}``, ``$(…)`` and back-quotes in it."""
    while place < len(text) and text[place] not in _ENDS and text[place] not in "'\"\\":
        place = _past(text, place)
    return min(place, len(text))


def _past(text: str, place: int) -> int:
    if text.startswith("$(", place):
        return closing(text, place + 1, "(", ")") + 1
    if text.startswith("${", place):
        return closing(text, place + 1, "{", "}") + 1
    if text[place] == "`":
        end = text.find("`", place + 1)
        return len(text) if end < 0 else end + 1
    return place + 1


def _double(text: str, place: int) -> int:
    place += 1
    while place < len(text) and text[place] != '"':
        place = place + 2 if text[place] == "\\" else _past(text, place)
    return min(place, len(text))


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return text.replace("\\\n", "").replace('\\"', '"').replace("\\\\", "\\")
