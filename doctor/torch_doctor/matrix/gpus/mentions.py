"""GPU names in running text, spelled as the rows and aliases spell them: ``2x RTX 3090``, ``an A100-80GB``, ``4070ti``.

The tables are the only list of words. A name that starts with its series (RTX, TITAN) counts, and so does one with a
word of the maker before it (``Quadro P2000``). A code alone (A100, L4) counts where people type it, which aliases say,
or where it is long enough to be nothing else; figures alone (4090) where a line names no other GPU.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.gpus.names import IDLE, SAME, keys_of, words_of
from torch_doctor.matrix.gpus.rows import GpuProduct
from torch_doctor.matrix.store import Matrix

_WORD = regex(r"[A-Za-z0-9]+")
_TOKEN = regex(r"\((?:R|TM)\)|([A-Za-z0-9]+)")
_MAKERS = frozenset({"nvidia", "geforce", "tesla", "quadro", "dgx", "hgx"})
_MAKER_FIRST = regex(r"^nvidia[ _-]+", re.IGNORECASE)
_CORE = regex(r"(?:\d{1,2}x)?([a-z]*\d+)")
_BETWEEN = regex(r"(?:[ _-]|\((?:R|TM)\)){0,3}", re.IGNORECASE)
_COUNT_BEFORE = regex(r"^(\d{1,2})[xX](?=[A-Za-z]*\d{2}|[A-Za-z]{3})")
_COUNT_BEHIND = regex(r"(.*\d[a-z]?)x\d{1,2}")
_AFTER = regex(r"(?![A-Za-z0-9_=]|\.\d|-[a-z])")
_AFTER_FIGURES = regex(
    r"(?=[\s,.);:!?'\"]|[^\x00-\x7f]|$)(?!\s?(?:MB|MiB|ms|s\b|tokens|steps))", re.IGNORECASE
)
_MAKER = r"(?:(?:NVIDIA|GeForce|Tesla|Quadro)\s){0,2}"
_NUMBER_BEFORE = regex(
    rf"(?<![A-Za-z0-9_.])(\d{{1,2}})\s?(?:[x×*✖✕⨉]\ufe0f?|[张块卡个枚台](?:卡|显卡)?的?)\s?{_MAKER}$|[x×](\d)\s$"
    rf"|\b(?:with|has|have|having|of|on|uses?|using|are|lists|shows|sees|got|across|my|our|the)\s(\d|1\d)\s{_MAKER}$"
    rf"|(?:\b(two|dual|double|three|four|five|six|seven|eight)(?:\s|-)|(双|两|三|四|八)\s?[张块卡个枚台]?(?:卡|显卡)?的?\s?){_MAKER}$",
    re.IGNORECASE,
)
_NUMBER_BEHIND = regex(
    r"\s?\(?(?:[x×✖✕⨉]|\*(?!\*))\ufe0f?\s?(\d{1,2})(?![A-Za-z0-9])", re.IGNORECASE
)
_NUMBERS = {"two": 2, "dual": 2, "double": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_NUMBERS |= {"seven": 7, "eight": 8}
_NUMBERS |= {"双": 2, "两": 2, "三": 3, "四": 4, "八": 8}
_JUST_ONE = regex(
    r"\b(?:an?|one|single|my|only|1)\s(?:(?:single|new|old|local|dedicated)\s)?$", re.IGNORECASE
)
_OF_MANY = regex(r"\s?(?:GPUs|cards)\b", re.IGNORECASE)
_FURTHEST = 24  # letters before a name that may count it
_MEMORY = regex(r"[ -](\d{1,3}) ?GB\b", re.IGNORECASE)
_CODE = regex(r"[a-z]{1,3}\d{3}")  # of a board for servers: shorter ones are in too many words
_WORKSTATION = regex(r"[a-z]\d{4}")
_LONGEST = 9  # words of one name
_SHORT = 2  # letters and figures: L4 is a GPU where it is written so, l4 is anything
_SMALLEST = 2000  # smaller figures alone are the sizes of pictures


class Mention(NamedTuple):
    """A GPU that a text mentions: as it is written, how many, the products it may be, and where it stands.

    Where the text does not count them (*counted*), the name alone says which model it is.
    """

    name: str
    number: int
    products: tuple[str, ...]
    start: int
    counted: bool


class _Name(NamedTuple):
    """What the tables know by one key. *plain*: also where no word of the maker stands before it."""

    rows: tuple[GpuProduct, ...]
    plain: bool


class _Token(NamedTuple):
    """A run of letters and figures, and where it stands."""

    word: str
    start: int
    end: int


class _Found(NamedTuple):
    """A name in a line: its last word ends at *end*, and at *cut* without a plural or a number behind it."""

    key: str
    end: int
    cut: int


class GpuNames:
    """The names of one matrix, to be found in text."""

    def __init__(self, matrix: Matrix) -> None:
        self._series = _series(matrix)
        self._names = _names(matrix, self._series)
        self._keys = sorted(self._names)
        self._cores = frozenset(core for name in _spelled(matrix) for core in _cores(name))

    def anchors(self, words: Iterable[str]) -> Iterator[str]:
        """Yield those of *words* (runs of letters and figures in lower case) that may belong to a name."""
        known = set(words)
        for word in known:
            core = _CORE.match(word)
            name = core[1] if core else word
            # two figures are a generation where they stand beside "series", and else anything
            bare = name.isdigit() and len(name) == _SHORT and "xx" not in word
            if name in self._cores and (not bare or "series" in known):
                yield word

    def find(self, line: str) -> list[Mention]:
        """Return every GPU that *line* mentions."""
        tokens = [_Token(m[0], m.start(), m.end()) for m in _TOKEN.finditer(line) if m[1]]
        found: list[Mention] = []
        figures: list[Mention] = []
        at = 0
        while at < len(tokens):
            name = self._longest(line, tokens, at)
            mention = self._mention(line, tokens[at].start, name) if name else None
            if name and mention:
                (figures if name.key.isdigit() else found).append(mention)
                while tokens[at].end < name.end:
                    at += 1
            at += 1
        return found or figures

    def is_nvidia(self, text: str) -> bool:
        """Whether *text* names a GPU of NVIDIA's, recorded or not."""
        words = {word.lower() for word in _WORD.findall(text)}
        return not words.isdisjoint(_MAKERS | self._series) or bool(self.find(text))

    def _longest(self, line: str, tokens: Sequence[_Token], first: int) -> _Found | None:
        """Return the longest name that starts with the *first* token."""
        found: _Found | None = None
        key, branded = "", False
        for at in range(first, min(first + _LONGEST, len(tokens))):
            token = tokens[at]
            if at > first and not _BETWEEN.fullmatch(line, tokens[at - 1].end, token.start):
                break
            word = token.word.lower()
            branded = branded or word in _MAKERS
            if word in IDLE:
                family = self._family(key) if word == "series" else None
                if family:
                    return _Found(family, token.end, token.end)
                if not key and not branded:
                    break
                continue
            word = SAME.get(word, word) if key else _COUNT_BEFORE.sub("", word, count=1)
            for form in _forms(word):
                name = self._names.get(key + form)
                if name and (branded or (name.plain and _is_code(key + form, token.word))):
                    found = _Found(key + form, token.end, token.end - len(word) + len(form))
                    break
            key += word
            if not self._goes_on(key):
                break
        return found

    def _family(self, key: str) -> str | None:
        """Return the key of the generation that "*key* series" means: of rtx50 and rtx5000 it is rtx50xx."""
        family = "".join(words_of(f"{key} series"))
        return family if family != key and family in self._names else None

    def _goes_on(self, key: str) -> bool:
        at = bisect_left(self._keys, key)
        return at < len(self._keys) and self._keys[at].startswith(key)

    def _mention(self, line: str, start: int, name: _Found) -> Mention | None:
        """Return what is written from *start* on, unless it is part of a path, a number or a longer word."""
        figures, end = name.key.isdigit(), name.cut
        before = line[start - 1 : start]
        if before and (before in "./=+-_" or (figures and before in "$#:")):
            return None
        if not (_AFTER_FIGURES if figures else _AFTER).match(line, name.end):
            return None
        rows = self._names[name.key].rows
        memory = _MEMORY.match(line, end)
        if memory and any(int(memory[1]) in row.memory_gb for row in rows):
            end = memory.end()
        ahead = line[max(0, start - _FURTHEST) : start]
        number = (
            _COUNT_BEFORE.match(line[start:end].lower())
            or _NUMBER_BEFORE.search(ahead)
            or _NUMBER_BEHIND.match(line, end)
        )
        written = " ".join(line[start:end].split())
        written = _MAKER_FIRST.sub("", _COUNT_BEFORE.sub("", written, count=1))
        if name.key[0].isdigit() and written[0].isdigit():
            written = f"{self._series_of(rows)} {written}".strip()
        products = tuple(dict.fromkeys(row.name for row in rows))
        count = _count(next(filter(None, number.groups()))) if number else 1
        many = name.cut != name.end or _OF_MANY.match(line, name.end)
        counted = number is not None or (not many and _JUST_ONE.search(ahead) is not None)
        return Mention(written, count, products, start, counted)

    def _series_of(self, rows: Iterable[GpuProduct]) -> str:
        words = (word for row in rows for word in row.name.split())
        return next((word for word in words if word.lower() in self._series), "")


def _count(written: str) -> int:
    return _NUMBERS.get(written.lower()) or int(written)


@lru_cache(4)
def gpu_names(matrix: Matrix) -> GpuNames:
    """Return the names of a matrix, made once."""
    return GpuNames(matrix)


def _spelled(matrix: Matrix) -> Iterator[str]:
    yield from (row.name for row in matrix.gpus)
    yield from (row.alias for row in matrix.gpu_aliases)


def _series(matrix: Matrix) -> frozenset[str]:
    """Return the words that names of several words start with, the maker's left out: RTX, TITAN, Jetson."""
    names = map(words_of, map(str.casefold, _spelled(matrix)))
    display = {
        word for row in matrix.gpus if row.kind == "display" for word in row.name.lower().split()
    }
    return frozenset(
        words[0]
        for words in names
        if len(words) > 1 and words[0].isalpha() and words[0] not in display
    )


def _names(matrix: Matrix, series: frozenset[str]) -> dict[str, _Name]:
    """Return every product and alias by its key; an alias wins over a product of the same key."""
    found: dict[str, list[GpuProduct]] = {}
    plain: set[str] = set()
    by_name: dict[str, list[GpuProduct]] = {}
    for row in matrix.gpus:
        by_name.setdefault(row.name, []).append(row)
        for key in keys_of(row):
            if not key or (key.isalpha() and len(words_of(row.name.casefold())) < 2):
                continue  # a Graphics Device; aliases name what people mean by a single word
            found.setdefault(key, []).append(row)
            if _is_plain(key, row, series):
                plain.add(key)
    for alias in matrix.gpu_aliases:
        words = words_of(alias.alias.casefold())
        key = "".join(words)
        found[key] = [row for name in alias.names for row in by_name.get(name, ())]
        if key[:1].isalpha() and (len(words) > 1 or not key.isalpha()):
            plain.add(key)
            plain.update(_of_its_forms(key, found[key]))
    return {key: _Name(tuple(rows), key in plain) for key, rows in found.items()}


def _of_its_forms(alias: str, rows: Iterable[GpuProduct]) -> Iterator[str]:
    """Yield the keys of products that an *alias* means with a letter or two behind it: of k40 it is k40m."""
    for key in (key for row in rows for key in keys_of(row)):
        behind = key.removeprefix(alias)
        if key.startswith(alias) and behind.isalpha() and len(behind) <= _SHORT:
            yield key


def _is_plain(key: str, row: GpuProduct, series: frozenset[str]) -> bool:
    words = words_of(row.name.casefold())
    if words[0] in series and key.startswith(words[0]):
        return len(words) > 1
    if key.isdigit():
        return row.kind.startswith("consumer") and int(key) >= _SMALLEST
    if key[0].isdigit():  # 3080 Ti, but not 850M
        return row.kind.startswith("consumer") and not words[-1][:1].isdigit()
    wanted = _CODE if row.kind == "data_center" else _WORKSTATION if words[0] in series else None
    return wanted is not None and bool(wanted.match(key))


def _cores(name: str) -> Iterator[str]:
    """Yield how a text may begin the word with the first figures of *name*: ``rtx4090``, ``4090``."""
    words = [match[0].lower() for match in _WORD.finditer(name)]
    at = next((at for at, word in enumerate(words) if not word.isalpha()), None)
    if at is None:
        yield from (word for word in words if word not in IDLE)
        return
    core = _CORE.match(words[at])
    for first in range(at + 1) if core else ():
        yield "".join(words[first:at]) + (core[1] if core else "")


def _forms(word: str) -> Iterator[str]:
    """Yield a word as it is written, then without the number or the plural behind it."""
    yield word
    behind = _COUNT_BEHIND.fullmatch(word)
    if behind:
        yield behind[1]
    elif word.endswith("s"):
        yield word[:-1]


def _is_code(key: str, written: str) -> bool:
    return len(key) > _SHORT or written[:1].isupper()
