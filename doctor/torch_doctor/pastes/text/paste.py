"""Turn a paste into clean lines: without colours, quote marks, HTML and lost line ends.

Every clean line keeps the number of the line it came from. Nothing here takes more than linear time:
a line is cut after 2,000 characters, so no pattern ever sees a longer one.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from functools import cache, cached_property

from torch_doctor.core.startup import regex
from torch_doctor.matrix.gpus.mentions import GpuNames, gpu_names
from torch_doctor.matrix.store import Matrix
from torch_doctor.pastes.text.framing.unframed import unframed
from torch_doctor.pastes.text.pairs import Pairs
from torch_doctor.pastes.text.rows import Needs, Rows
from torch_doctor.pastes.text.token_index import Words

LONGEST_LINE = 2000
_BLANK = 3  # lines in a row; more of them part nothing that fewer do not
_ENOUGH = 3000  # matches of one pattern in one paste

_SPACES = dict.fromkeys((0xA0, 0x3000, 0x2007, 0x202F), " ")
# Letters, figures and signs of the width of a Chinese one.
_WIDE: dict[int, str | None] = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_QUOTES = {
    0x2018: "'",
    0x2019: "'",
    0x201C: '"',
    0x201D: '"',
    0x200B: None,
    0xFEFF: None,
    0xAD: None,
}
# Letters that a page or a PDF joins, and hyphens at which no line is broken.
_PARTS = "s ff fi fl ffi ffl st st K - -".split()
_JOINED = dict(zip(map(ord, "ſﬀﬁﬂﬃﬄﬅﬆ\u212a\u2010\u2011"), _PARTS, strict=True))
_RUN = regex(r"[a-z0-9]+")
_TRANSLATE: dict[int, str | None] = {**_WIDE, **_SPACES, **_QUOTES, **_JOINED, 0: None}
_STRANGE = regex("[" + "".join(re.escape(chr(code)) for code in _TRANSLATE) + "]")
_ANSI = regex(
    r"\x1b(?:\[[0-9;?]{0,30}[A-Za-z]|\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)|[()][A-Z0-9])|\[[0-9;]{1,8}m"
)
_QUOTE_MARK = regex(r"\s{0,40}(?:>(?=\s|$)[ \t]?|>(?![>])|>>(?!>)[ \t]?){1,12}")
_BREAK = regex(r"<br\s{0,3}/?>|</(?:p|li|div|tr|summary)>", re.IGNORECASE)
_TAG = regex(
    r"</?(?:details|summary|pre|code|p|b|i|li|ul|td|tr|th|table|div|span|sub|img)\b[^<>]{0,200}>",
    re.IGNORECASE,
)
# What somebody searched for, in an address; elsewhere a text has %20 between its words.
_ENCODED = (("%",), ("%20", "://"))
_UNBROKEN = regex(r"\S+")
_ASKED = regex(r"https?://\S{1,200}[?&](?:q|query|wd|search|title|body)=\S*%\S*")
_MAY_BE_SPLIT = regex(r"\d\. \d|[cC][uU] 1\d\d")
_SPLIT_AT = ((". ", "cu 1"),)
# Blanks that writing with a phone puts into a version or a tag: "torch 2. 1.0", "driver 546. 33", "cu 118".
_SPLIT = regex(
    r"(?i)((?<![a-z])(?:torch|driver|cuda|cudnn|ver|version|版本)[^\n\w]{0,4}(?:\w{1,8}[^\n\w]{1,3})?\d{1,3}(?:\.\d{1,3})?)\. (?=\d)"
    r"|(?<![a-z])(cu) (?=1[0-3]\d(?!\d))"
)
_ENTITIES = (
    ("&gt;", ">"),
    ("&lt;", "<"),
    ("&quot;", '"'),
    ("&#39;", "'"),
    ("&nbsp;", " "),
    ("&amp;", "&"),
)
# Keys that start a line of collect_env and nothing else: a break is put back before them where it was lost.
_LOST_BREAK = regex(
    r"(?<=\S)\s{1,60}(?=[PyICRXOGLMHNVvc\[=])(?=(?:"
    r"P?yTorch version|Is debug build|CUDA used to build PyTorch|ROCM used to build PyTorch|XPU used to build PyTorch|"
    r"O[Ss]|GCC version|Clang version|CMake version|Libc version|Python version|Python platform|Is CUDA available|"
    r"CUDA runtime version|CUDA_MODULE_LOADING set to|GPU models and configuration|GPU \d{1,2}|Nvidia driver version|"
    r"cuDNN version|HIP runtime version|MIOpen runtime version|Is XNNPACK available|Is XPU available|CPU|"
    r"Versions? of relevant libraries|vLLM Version|vLLM Build Flags|ROCM Version|Neuron SDK Version"
    r") {0,40}: ?(?=\S|$)|(?:\[pip3?\]|\[conda\]|={10,}) )"
)
# Every key above begins with one of these; most reports have few of them behind anything else on a line.
JOINED = regex(
    r" (?=[PyICRXOGLMHNVvc\[=])(?:P?yTorch ver|Is |CUDA|ROCM|XPU used|O[Ss]|GCC ver|Clang ver|CMake ver|Libc ver|"
    r"Python |GPU |Nvidia dr|cuDNN ver|HIP run|MIOpen run|CPU|Versions? of|vLLM Ver|vLLM Bui|Neuron SDK|\[pip|\[conda\]|=====)"
)


class Paste:
    """A report as clean lines. ``number(i)`` is the line of the original text where ``lines[i]`` stood."""

    def __init__(self, raw: str, matrix: Matrix | None = None) -> None:
        self._given = matrix
        self.lines: list[str] = []
        self._numbers = array("I")
        text = unframed(_tidied(raw))
        joined = _joined(text)
        blank = 0
        for number, line in enumerate(text.split("\n"), start=1):
            if len(line) <= LONGEST_LINE and ">" not in line and number not in joined:
                plain = line.rstrip()
                blank = 0 if plain else blank + 1
                if blank <= _BLANK:
                    self.lines.append(plain)
                    self._numbers.append(number)
                continue
            for piece in _pieces(line):
                self.lines.append(piece)
                self._numbers.append(number)
        self.text = "\n".join(self.lines)

    @cached_property
    def _words(self) -> Words:
        return Words(self.text.lower())

    @cached_property
    def matrix(self) -> Matrix:
        """The matrix that was given, or the installed one."""
        return self._given or _installed()

    @cached_property
    def gpu_names(self) -> GpuNames:
        """The names of GPUs, as the matrix spells them."""
        return gpu_names(self.matrix)

    @cached_property
    def words(self) -> frozenset[str]:
        """Every run of letters and figures in the text, in lower case."""
        return frozenset(_RUN.findall(self.text.lower()))

    @cached_property
    def pairs(self) -> Pairs:
        """The lines of the form ``key : value``."""
        return Pairs(self.lines)

    def number(self, index: int) -> int:
        """Return the original line number of ``lines[index]``."""
        return self._numbers[index] if index < len(self._numbers) else 1

    def index(self, number: int) -> int:
        """Return the index of the first line with that original *number*; 0 where there is none."""
        index = bisect_left(self._numbers, number)
        return index if index < len(self._numbers) and self._numbers[index] == number else 0

    def holding(self, literal: str) -> list[int]:
        """Return the indexes of the lines that contain *literal*, which is in lower case; at most 3,000."""
        return self._words[literal]

    def has(self, *literals: str) -> bool:
        """Whether any line contains one of *literals*, which are in lower case."""
        return any(map(self._words.__getitem__, literals))

    def says(self, pattern: re.Pattern[str], *needs: str) -> bool:
        """Whether *pattern* is in a line; every match of it contains one of *needs*, which are in lower case."""
        return any(True for words in needs for _ in self.find(pattern, words))

    def where(self, pattern: re.Pattern[str], alone: tuple[str, ...] = ()) -> AbstractSet[int]:
        """Return the indexes of the lines that may hold *pattern*; words of *alone* are no parts of others in it."""
        return self._words.where(pattern, alone)

    def among(self, literals: tuple[str, ...]) -> list[str]:
        """Return those of *literals*, which are in lower case, that a line contains: of many, mostly a few."""
        return self._words.among(literals)

    def with_(self, literal: str, limit: int = _ENOUGH) -> Iterator[tuple[int, str]]:
        """Yield (index, line) of the first *limit* lines that contain *literal*, which is in lower case."""
        indexes = self._words[literal]
        # most words are in no text, and a generator for each would take longer than the look
        return self._each(indexes[:limit]) if indexes else iter(())

    def _each(self, indexes: list[int]) -> Iterator[tuple[int, str]]:
        for index in indexes:
            yield index, self.lines[index]

    def find(
        self, pattern: re.Pattern[str], needs: str, limit: int = _ENOUGH
    ) -> Iterator[tuple[re.Match[str], int]]:
        """Yield (match, line number) of *pattern* in the lines that contain *needs* (in lower case)."""
        indexes = self._words[needs]
        return self._matches(pattern, indexes[:limit], limit) if indexes else iter(())

    def _matches(
        self, pattern: re.Pattern[str], indexes: list[int], limit: int
    ) -> Iterator[tuple[re.Match[str], int]]:
        likely = self.where(pattern) if getattr(pattern, "needs", ()) else None
        for index in indexes if likely is None else filter(likely.__contains__, indexes):
            for match in pattern.finditer(self.lines[index]):
                yield match, self.number(index)
                limit -= 1
            if limit <= 0:
                return


@cache
def _installed() -> Matrix:
    from torch_doctor.matrix.load import load_matrix

    return load_matrix()


def decode(data: bytes) -> str:
    """Return *data* as text: UTF-8, UTF-16 with a byte order mark, else Latin-1; any bytes."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        utf8 = data.decode("utf-8-sig", "replace")
        return utf8 if utf8.count("\ufffd") * 20 < len(utf8) else data.decode("latin-1")


def _joined(text: str) -> set[int]:
    """Return the numbers of the lines to which others may have been joined."""
    found: set[int] = set()
    number, at = 1, 0
    for match in JOINED.finditer(text):
        number += text.count("\n", at, match.start())
        at = match.start()
        found.add(number)
    return found


def _tidied(raw: str) -> str:
    text = (
        _STRANGE.sub(lambda match: _TRANSLATE[ord(match[0])] or "", raw)
        if not raw.isascii() or "\0" in raw
        else raw
    )
    if "\x1b" in text or "[0m" in text:
        text = _ANSI.sub("", text)
    text = _mended(text, _SPLIT_AT, _rejoined)
    text = _mended(text, _ENCODED, lambda line: _UNBROKEN.sub(_decoded, line))
    if "&" in text:
        for entity, plain in _ENTITIES:
            text = text.replace(entity, plain)
    if '\\"' in text:
        text = text.replace('\\"', '"')  # a message inside a string literal or JSON
    if "\n" not in text and text.count("\\n") > 3:
        text = text.replace("\\n", "\n")  # a report inside a string literal
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "  ")


def _mended(text: str, needs: Needs, mend: Callable[[str], str]) -> str:
    rows = Rows(text)
    return rows.with_({index: mend(rows.lines[index]) for index in rows.holding(needs)})


def _rejoined(line: str) -> str:
    """Return *line* without the blanks that part a version."""
    if not _MAY_BE_SPLIT.search(line):
        return line
    return _SPLIT.sub(lambda match: f"{match[1]}." if match[1] else "cu", line)


def _decoded(match: re.Match[str]) -> str:
    """Return the text that an address carries, on its line."""
    unbroken = match[0]
    if unbroken.count("%20") > 1:
        return _plain(unbroken)
    return _ASKED.sub(lambda asked: _plain(asked[0]), unbroken) if "%" in unbroken else unbroken


def _plain(encoded: str) -> str:
    from urllib.parse import unquote, unquote_plus

    decode = unquote_plus if "?" in encoded else unquote
    return " ".join(decode(encoded).split())


def _pieces(line: str) -> Iterator[str]:
    for part in _cut(line):
        text = part
        if ">" in text:
            mark = _QUOTE_MARK.match(text)
            if mark:
                text = text[mark.end() :]
        if "<" in text and ">" in text:
            for piece in _BREAK.split(text):
                yield from _rejoin(_TAG.sub(" ", piece))
        else:
            yield from _rejoin(text)


def _rejoin(text: str) -> Iterator[str]:
    for piece in _LOST_BREAK.split(text):
        yield piece.rstrip()


def _cut(line: str) -> Iterator[str]:
    at = 0
    while len(line) - at > LONGEST_LINE:
        end = line.rfind(" ", at + LONGEST_LINE // 2, at + LONGEST_LINE)
        end = at + LONGEST_LINE if end < 0 else end
        yield line[at:end]
        at = end
    yield line[at:]
