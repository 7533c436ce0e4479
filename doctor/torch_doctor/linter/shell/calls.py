"""The programs that a script calls, in order, with what its variables stand for by then."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.linter.record import UNKNOWN
from torch_doctor.linter.shell.expand import BETWEEN, array_of, expand, items_of
from torch_doctor.linter.shell.tokens import ShellToken, tokens
from torch_doctor.linter.text import Fragment, Spot

_ASSIGNS = regex(r"([A-Za-z_]\w*)(\+?)=")
_OPENS = frozenset("if case for while until select".split())
_ENDS = frozenset("fi esac done".split())
_SKIPPED = frozenset("then else elif do { } ! time".split())
_SPLIT = regex(r"\$\{?\w+(?:\[\*\])?\}?")
_READS = frozenset({"mapfile", "readarray", "read"})
_SETS = frozenset("export declare local readonly typeset ENV".split())
_MOST = 20_000


class ShellWord(NamedTuple):
    """A word of a call: what it stands for, whether it was quoted, and where it is."""

    text: str
    spot: Spot
    quoted: bool = False


# What stands before && to decide whether the rest of the chain is run.
_TESTS = frozenset(("[", "[[", "test"))


class Redirection(NamedTuple):
    """Where output goes; *glued* says that it touches the word before it, as in ``torch>=2``."""

    operator: str
    target: str
    spot: Spot
    glued: bool


class ShellCall(NamedTuple):
    """One program with its words. *settings* are variables set for it alone; *conditional*: maybe it is not run."""

    words: tuple[ShellWord, ...]
    spot: Spot
    conditional: bool = False
    redirections: tuple[Redirection, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The words alone."""
        return tuple(word.text for word in self.words)


class Assigned(NamedTuple):
    """A variable that a script sets for what follows."""

    name: str
    value: str
    spot: Spot
    exported: bool
    conditional: bool


def calls(script: Fragment, scope: Mapping[str, str]) -> Iterator[ShellCall | Assigned]:
    """Yield the calls and the assignments of *script*; *scope* is what is set before it."""
    known = dict(scope)
    depth, after_or, tested = 0, False, False
    current: list[ShellToken] = []
    array: _Array | None = None
    for token in tokens(script.text)[:_MOST]:
        if array is not None:
            array = array.goes_on(token, known, conditional=depth > 0 or after_or or tested)
            continue
        if token.kind == "op" and token.raw == "(" and (array := _Array.opened(current)):
            current.pop()
            continue
        if token.kind != "op":
            current.append(token)
            continue
        maybe = after_or or tested
        opened, found = _finished(current, script, known, depth=depth, alternative=maybe)
        depth = max(0, depth + opened)
        yield from found
        after_or = token.raw == "||"
        tested = token.raw == "&&" and (tested or _is_test(current))
        current = []
    maybe = after_or or tested
    _, found = _finished(current, script, known, depth=depth, alternative=maybe)
    yield from found


class _Array:
    """The words of ``NAME=(…)`` or ``NAME+=(…)`` so far."""

    def __init__(self, name: str, *, more: bool) -> None:
        self.name, self.more = name, more
        self.items: list[str] = []

    @classmethod
    def opened(cls, current: list[ShellToken]) -> _Array | None:
        """Return the array that a bracket behind *current* opens, if it opens one; in a test it is a pattern's."""
        last = current[-1] if current and current[-1].kind == "word" else None
        if any(token.raw in _TESTS for token in current):
            return None
        match = re.fullmatch(r"([A-Za-z_]\w*)(\+?)=", last.raw) if last else None
        return cls(match[1], more=bool(match[2])) if match else None

    def goes_on(
        self, token: ShellToken, known: dict[str, str], *, conditional: bool
    ) -> _Array | None:
        """Take one token; at the bracket that closes it the array is known, and None is returned."""
        if token.kind == "word":
            self.items += _words(token, known)
        if token.kind != "op" or token.raw != ")":
            return self
        before = known.get(self.name)
        there = items_of(before) if self.more and before is not None else []
        made = array_of([*there, *self.items])
        known[self.name] = UNKNOWN if conditional and before != made else made
        return None


def _is_test(current: list[ShellToken]) -> bool:
    return bool(current) and current[0].kind == "word" and current[0].raw in _TESTS


def _finished(
    current: list[ShellToken],
    script: Fragment,
    known: dict[str, str],
    *,
    depth: int,
    alternative: bool,
) -> tuple[int, list[ShellCall | Assigned]]:
    """Return how many conditions one simple command opens, and what it sets and calls."""
    opened, start = 0, 0
    for start, token in enumerate(current):
        if token.kind != "word" or not token.bare:
            break
        word = token.raw
        if word in _OPENS:
            opened += 1
            _forget(word, current[start : start + 2], known)
            if word in ("for", "case", "select"):
                return opened, []
        elif word in _ENDS:
            opened -= 1
        elif word not in _SKIPPED:
            break
    else:
        start = len(current)
    maybe = depth + opened > 0 or alternative
    return opened, list(_read(current[start:], script, known, conditional=maybe))


def _forget(word: str, current: list[ShellToken], known: dict[str, str]) -> None:
    if word in ("for", "select") and len(current) > 1:
        known[current[1].raw] = UNKNOWN


def _read(
    current: list[ShellToken], script: Fragment, known: dict[str, str], *, conditional: bool
) -> Iterator[ShellCall | Assigned]:
    settings: list[tuple[str, str, ShellToken]] = []
    words = list(current)
    while words and words[0].kind == "word" and (match := _ASSIGNS.match(words[0].raw)):
        if not words[0].parts[0].text.startswith(match[0][:1]):
            break
        value = _value(words[0], known)[match.end() :]
        settings.append(
            (match[1], UNKNOWN if match[2] or value.startswith("(") else value, words[0])
        )
        words.pop(0)
    if not any(token.kind == "word" for token in words):
        yield from _assigned(settings, script, known, conditional=conditional, exported=False)
        return
    if words[0].kind == "word" and words[0].raw in _SETS:
        found = [(token, _ASSIGNS.match(token.raw)) for token in words[1:] if token.kind == "word"]
        pairs = [(m[1], _value(token, known)[m.end() :], token) for token, m in found if m]
        exported = words[0].raw == "export"
        yield from _assigned(pairs, script, known, conditional=conditional, exported=exported)
        return
    _unsettle(words, known)
    yield _call(words, script, known, conditional=conditional, settings=settings)


def _unsettle(words: list[ShellToken], known: dict[str, str]) -> None:
    """Forget what a call may change: an item that is set, what is read into, and arrays where a script is sourced."""
    first = words[0].raw
    changed = re.match(r"([A-Za-z_]\w*)\[[^\]]*\]\+?=", first)
    names = [changed[1]] if changed else []
    if first in _READS:
        names += [token.raw for token in words[1:] if token.kind == "word"]
    if first in ("source", "."):
        names += [name for name, value in known.items() if value.startswith(BETWEEN)]
    known.update(dict.fromkeys(names, UNKNOWN))


def _assigned(
    pairs: list[tuple[str, str, ShellToken]],
    script: Fragment,
    known: dict[str, str],
    *,
    conditional: bool,
    exported: bool,
) -> Iterator[Assigned]:
    for name, value, token in pairs:
        before = known.get(name)
        known[name] = UNKNOWN if conditional and before != value else value
        yield Assigned(name, known[name], script.spot(token.offset), exported, conditional)


def _call(
    tokens_: list[ShellToken],
    script: Fragment,
    known: dict[str, str],
    *,
    conditional: bool,
    settings: list[tuple[str, str, ShellToken]],
) -> ShellCall:
    words, redirections = [], []
    for token in tokens_:
        spot = script.spot(token.offset)
        if token.kind == "redirect":
            target = "".join(expand(part.text, known) for part in token.parts[1:])
            operator = token.parts[0].text
            redirections.append(Redirection(operator, target, spot, token.glued))
            continue
        words += [ShellWord(one, spot, not token.bare) for one in _words(token, known)]
    own = tuple((name, value) for name, value, _ in settings)
    first = script.spot(tokens_[0].offset)
    return ShellCall(tuple(words), first, conditional, tuple(redirections), own)


def _words(token: ShellToken, known: Mapping[str, str]) -> list[str]:
    """Return the words that one becomes: an array its items, a variable without quotes what blanks separate."""
    value = _value(token, known)
    if BETWEEN in value or (not value and "[@]" in token.raw):
        return value.split(BETWEEN) if value else []
    if token.bare and _SPLIT.fullmatch(token.raw) and UNKNOWN not in value:
        return value.split()
    return [value]


def _value(token: ShellToken, known: Mapping[str, str]) -> str:
    return "".join(
        part.text if part.kind == "quoted" else expand(part.text, known) for part in token.parts
    )
