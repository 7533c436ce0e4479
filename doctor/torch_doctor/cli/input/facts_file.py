"""Read a file of facts: whatever is wrong with it is one line that names the file, the line and the cure."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Mapping

from torch_doctor.cli.input.binary import binary_kind
from torch_doctor.cli.input.errors import InputError, did_you_mean
from torch_doctor.cli.input.given import Given
from torch_doctor.core.catalog import FACTS
from torch_doctor.core.codec import SCHEMA_VERSION, facts_from_json
from torch_doctor.core.fact import Facts
from torch_doctor.core.report import About, AboutKind
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line, visible

LIMIT = 32 << 20
_CURE = "make it with torch-doctor collect -o FILE"


def read_facts(name: str, option: str = "--facts") -> Given:
    """Return the facts in a file that ``collect`` or ``check --json`` wrote; ``-`` is standard input.

    Raise InputError, which names *option*, where it cannot be read.
    """
    shown = "standard input" if name == "-" else one_line(name, 300)
    try:
        text = _text(_bytes(name, shown), shown)
        document = _document(text, shown)
        facts = _decoded(_facts(document, shown), text, shown)
    except _FileError as fault:
        raise InputError(f"{option} {fault.message}", fault.cure, "input") from fault
    return Given(facts, _about(document, "" if name == "-" else os.path.basename(shown)))


class _FileError(Exception):
    """What is wrong with a file: the place and the message, and what to do about it."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.message, self.cure = message, cure


def _document(text: str, shown: str) -> Mapping[str, Any]:
    document = _sanitised(_parsed(text, shown))
    if not isinstance(document, Mapping):
        raise _wrong(shown, f"holds a JSON {_kind(document)}, not an object", _CURE)
    version = document.get("schema_version", SCHEMA_VERSION)
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        written = one_line(str(version), 40)
        message = f"is of schema version {written}, and this torch-doctor reads {SCHEMA_VERSION}"
        raise _wrong(shown, message, "update torch-doctor")
    return document


def _facts(document: Mapping[str, Any], shown: str) -> Mapping[str, Any]:
    facts = document.get("facts")
    if facts is None and document and all(key in FACTS for key in document):
        facts = document
    if not isinstance(facts, Mapping):
        raise _wrong(shown, "has no object named facts", _CURE)
    return facts


def _about(document: Mapping[str, Any], name: str) -> About:
    """Return what the facts are about: a report's JSON says whether that was a machine, a paste or an assumption."""
    written = document.get("about")
    written = written if isinstance(written, Mapping) else {}
    kind = written.get("kind")
    if kind == AboutKind.REPORTED_MACHINE.value:
        return About(AboutKind.REPORTED_MACHINE, name)
    if kind == AboutKind.HYPOTHETICAL.value:
        assumed = written.get("assumed")
        texts = assumed if isinstance(assumed, list) else []
        return About(AboutKind.HYPOTHETICAL, name, tuple(map(str, texts)))
    return About(AboutKind.SAVED_MACHINE, name)


def _bytes(name: str, shown: str) -> bytes:
    if name == "-":
        source = getattr(sys.stdin, "buffer", None)
        data = source.read(LIMIT + 1) if source else sys.stdin.read(LIMIT + 1).encode()
    else:
        try:
            descriptor = os.open(
                name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
            )
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise _wrong(shown, "is not a regular file", "--facts - reads standard input")
                data = file.read(LIMIT + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise _wrong(
                shown,
                f"cannot be read: {reason}",
                "name a file that torch-doctor collect -o FILE made",
            ) from error
    if len(data) > LIMIT:
        raise _wrong(shown, f"is larger than {LIMIT >> 20} MiB, and no file of facts is", _CURE)
    return bytes(data)


def _text(data: bytes, shown: str) -> str:
    """Decode UTF-8, and UTF-16 where it says so: PowerShell's ``>`` writes that."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    binary = binary_kind(data)
    if binary:
        raise _wrong(shown, f"is {binary.what}", binary.cure)
    if encoding == "utf-8-sig" and b"\0" in data:
        raise _wrong(shown, f"is not text: it has a null byte at offset {data.index(0)}", _CURE)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _wrong(
            f"{shown}:{line}", f"is not UTF-8 text (byte offset {error.start})", _CURE
        ) from error


def _parsed(text: str, shown: str) -> Any:
    if not text.strip():
        raise _wrong(shown, "is empty", _CURE)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{shown}:{error.lineno}"
        raise _wrong(place, f"is not JSON: {error.msg} at column {error.colno}", _CURE) from error
    except RecursionError as error:
        raise _wrong(shown, "is nested too deeply to be a file of facts", _CURE) from error
    except ValueError as error:
        raise _wrong(shown, f"is not JSON that can be read: {error}", _CURE) from error


def _sanitised(value: Any) -> Any:
    """Make every text safe to print where it enters: the file may come from anybody."""
    if isinstance(value, str):
        return visible(value, 1 << 16)
    if isinstance(value, dict):
        return {visible(key): _sanitised(item) for key, item in value.items()}
    return [_sanitised(item) for item in value] if isinstance(value, list) else value


def _decoded(facts: Mapping[str, Any], text: str, shown: str) -> Facts:
    for name in facts:
        if name not in FACTS:
            cure = (
                did_you_mean(name, FACTS)
                or "the file may be of a newer torch-doctor: update this one"
            )
            raise _wrong(_place(shown, text, name), f"there is no fact named {name!r}", cure)
    for name, raw in facts.items():
        try:
            facts_from_json({name: raw})
        except (ValueError, RecursionError) as error:
            raise _wrong(
                _place(shown, text, name), str(error), f"see docs/facts.md for the form of {name}"
            ) from error
    return facts_from_json(facts)


def _place(shown: str, text: str, name: str) -> str:
    """Return the file and the line on which a fact's name stands."""
    position = text.find(f'"{name}"')
    return shown if position < 0 else f"{shown}:{text.count(chr(10), 0, position) + 1}"


def _kind(document: Any) -> str:
    return {list: "list", str: "string", type(None): "null", bool: "boolean"}.get(
        type(document), "number"
    )


def _wrong(place: str, message: str, cure: str) -> _FileError:
    return _FileError(f"{place}: {message}", cure)
