"""Settings and rows that nobody means well with: what fuzz gives to the readers of both, and what they must say.

A reader takes an input or says one line that names the file, the line and the cure; anything else is raised here.
"""

from __future__ import annotations

import random
import re
from contextlib import suppress
from datetime import date
from pathlib import Path

from torch_doctor.cli.settings.files import ConfigError, read_config
from torch_doctor.cli.settings.keys import KEYS
from torch_doctor.matrix.rows import TABLES
from torch_doctor.matrix.source.checking import RULES, choices
from torch_doctor.matrix.source.columns import Column, columns
from torch_doctor.matrix.source.compile import compile_matrix
from torch_doctor.matrix.store import MatrixError

_ODD = 0.03
_LONGEST = 1200  # characters of what is said of one fault
_HEADER = "defaults: {source: 'https://example.org/page', checked: 2026-01-31, how: docs}\n"
_BELOW = _HEADER + "drivers:\n  - {branch: 580, cuda: '13.0', kind: LTSB}\n"
TABLE = "[tool.torch-doctor]\n"
SETTINGS = [TABLE.encode() + f"{key} = {one.example}\n".encode() for key, one in KEYS.items()]
ROWS = [
    _BELOW.encode(),
    f"{_HEADER}sources: {{a: 'https://example.org/a'}}\ntoolkits:\n  - version: '12.8.1'\n".encode(),
    b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\ndrivers: !!python/object/apply:os.system [x]\n",
    f"{_HEADER}gpus:\n  - name: NVIDIA X\n    capabilities: ['9.0']\n    chips: []\n".encode(),
]
WORDS = (
    *(b"tool.torch-doctor", b"= {", b"[[", b'"""', b"'''", b"1e999", b"nan", b"0x", b"a." * 50),
    *(b"&a ", b"*a", b"!!int ", b"<<: ", b"- ", b": ", b"? ", b"| ", b"{", b"\t", b"...\n---\n"),
    *("٣²".encode(), b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\x85", "\u2028".encode(), b"[" * 2000),
)
_TEXTS = (
    *("abc", "580.65.06", "580", "12.8", "12.8.1", "9.0", "sm_90", "compute_90", "2.8.0", "13.0"),
    *("==2.8.0", "cp312", "cu128", "linux-x86_64", "2026-01-31", "2026-01", "3.12", "2.28"),
    *("a/b:tag", "https://example.org", "libcudart.so.13", "device-lost"),
)
_ODD_TEXTS = (
    *("", " ", "9" * 4001, "1²2", "1٣2", "12.²", "x" * 4097, "2026-W05-6", "-", "."),
    *("(a+)+", "a{99999999999999999999}", "[[a]", "(" * 999),
)
_NO_TEXTS = (
    *(
        ".nan",
        "-.inf",
        "9" * 4001,
        "null",
        "~",
        "yes",
        "true",
        "12.10",
        "580",
        "-1",
        "0x1F",
        "1:30",
    ),
    *(
        "2026-01-31",
        "[]",
        "{}",
        "[[]]",
        "[a, 1]",
        "{a: b}",
        "&a x",
        "*a",
        "!x y",
        '"\\0"',
        '"\\u2028"',
    ),
    *(
        "[[a, b, c]]",
        "[['', 'b', 'c']]",
        "!!python/object:x y",
        "*b",
        "",
        "'",
        "<<",
        "- ",
        "{<<: *a}",
    ),
)
_VALUES = (
    *(
        "1",
        "-1",
        "0",
        "9" * 4301,
        "0x" + "f" * 4000,
        "1e999",
        "nan",
        "inf",
        "true",
        "[]",
        "{}",
        '""',
    ),
    *('"a"', '"\\u0000"', '["a", 1]', "[[]]", "1979-05-27", "07:32:00", "0000-01-01", "'x'", "+99"),
    *(
        '{id = "a", until = 2020-01-01}',
        '[{id = "a", until = 2020-01-01}]',
        '{"a" = "b"}',
        "''''''",
    ),
    *('"' + "x" * 5000 + '"', "[" * 900 + "]" * 900, "1979-05-27T07:32:00+99:99", "tru", '"\\q"'),
)
_NO_KEYS = ("colour", '"a.b"', "a.b", '""')


class WordingError(Exception):
    """What was said of an input is not one line with the place and the cure."""


def settings(folder: Path, data: bytes) -> None:
    """Read *data* as a pyproject.toml of *folder*, and as a file of settings that was named."""
    for place in (folder / "pyproject.toml", folder / "own.toml"):
        place.write_bytes(data)
        named = None if place.name == "pyproject.toml" else place
        try:
            read_config(folder, named, root=False, today=date(2026, 1, 1), system=folder / "none")
        except ConfigError as error:
            _is_a_line(f"{error.message}; {error.cure}", place, has_cure=bool(error.cure))


def overlay(folder: Path, data: bytes) -> None:
    """Lay *data* as rows over a small matrix."""
    below, above = folder / "below", folder / "above"
    for place, content in ((below / "drivers.yaml", _BELOW.encode()), (above / "rows.yaml", data)):
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(content)
    try:
        compile_matrix(below, above)
    except MatrixError as error:
        words = str(error).partition("not sound: ")[2]
        has_cure = re.search(r"; |must |\bto now\)|disagree|does not compile", words) is not None
        _is_a_line(words, above / "rows.yaml", has_cure=has_cure)


def _is_a_line(words: str, place: Path, *, has_cure: bool) -> None:
    begins = re.match(rf"{re.escape(str(place))}:[1-9]\d*: \S", words)
    if not (begins and has_cure and words.isprintable() and len(words) < _LONGEST):
        raise WordingError(words)


def made_settings(luck: random.Random) -> bytes:
    """Return a table of settings with odd values."""
    values = (*_VALUES, *(one.example for one in KEYS.values()))
    lines = [
        f"{luck.choice((*KEYS, *_NO_KEYS))} = {luck.choice(values)}"
        for _ in range(luck.randint(1, 4))
    ]
    head = luck.choice(
        (TABLE, TABLE, "[tool]\ntorch-doctor.only = []\n", "tool.torch-doctor.a=1\n")
    )
    return (head + "\n".join(lines)).encode()


def made_rows(luck: random.Random) -> bytes:
    """Return rows of a few tables with values of which most are what their fields want."""
    parts = [_HEADER if luck.random() < 0.9 else ""]
    for table in luck.sample(list(TABLES), luck.randint(1, 3)):
        rows = (_row(luck, table) for _ in range(luck.randint(1, 3)))
        parts.append(f"{table}:\n" + "".join(f"  - {{{row}}}\n" for row in rows))
    return "".join(parts).encode()


def _row(luck: random.Random, table: str) -> str:
    kept = [one for one in columns(TABLES[table].row) if luck.random() < 0.97]
    return ", ".join(f"{one.name}: {_value(luck, table, one)}" for one in kept)


def _value(luck: random.Random, table: str, column: Column) -> str:
    if luck.random() < _ODD:
        return luck.choice(_NO_TEXTS)
    if column.shape == "int":
        return luck.choice(("580", "0", "12"))
    if column.shape == "bool":
        return luck.choice(("true", "false"))
    if column.shape == "ints":
        return "[1, 2]"
    text = f"'{_text(luck, table, column.name)}'"
    return {"str": text, "strs": f"[{text}]", "pairs": f"{{a: {text}}}"}.get(
        column.shape, f"[['', {text}, {text}]]"
    )


def _text(luck: random.Random, table: str, field: str) -> str:
    listed = choices(table, field)
    if listed and luck.random() < 0.9:
        return luck.choice(listed)
    rule = RULES.get(table, {}).get(field)
    if luck.random() < _ODD:
        return luck.choice(_ODD_TEXTS)
    for _ in range(40 if rule else 0):
        text = luck.choice(_TEXTS)
        with suppress(ValueError):
            rule(text)
            return text
    return luck.choice(_TEXTS)
