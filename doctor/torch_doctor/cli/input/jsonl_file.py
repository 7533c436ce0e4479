"""Read a batch of reports from a file of JSON lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from torch_doctor.cli.input.errors import InputError
from torch_doctor.core.startup import Any, BinaryIO
from torch_doctor.core.text import one_line
from torch_doctor.matrix.source.regular import regular

# Where exports of issue trackers keep the words, in the order in which a reader sees them.
_TEXT_KEYS = ("title", "text", "report", "description", "body", "content")
_NAME_KEYS = ("name", "id", "html_url", "url", "number")
_LONGEST_LINE = 64 << 20  # a report of 20 MB whose signs are all escaped


def read_jsonl(name: str) -> Iterator[tuple[str, bytes, str]]:
    """Yield (name, bytes, problem) for each line that is not empty; a wrong line is a problem, not the end."""
    if name == "-":
        yield from _entries(sys.stdin.buffer, "standard input")
        return
    try:
        with open(name, "rb", opener=regular) as file:
            yield from _entries(file, one_line(name, 300))
    except OSError as error:
        message = f"--jsonl {one_line(name, 300)} cannot be read: {error.strerror or error}"
        raise InputError(message, "name a file of JSON lines", "input") from error


def _entries(file: BinaryIO, shown: str) -> Iterator[tuple[str, bytes, str]]:
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if line.strip():
            yield _entry(line, f"{shown}:{number}")


def _entry(line: bytes, place: str) -> tuple[str, bytes, str]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return place, b"", f"{place} is not JSON: {one_line(str(error), 200)}"
    if isinstance(value, str):
        return place, _bytes(value), ""
    if not isinstance(value, dict):
        return place, b"", f"{place} holds neither a string nor an object"
    text = "\n\n".join(part for key in _TEXT_KEYS for part in _words(value.get(key)))
    text = "\n\n".join((text, *_words(value.get("comments"))))
    if not text.strip():
        return place, b"", f"{place} has no text under {', '.join(_TEXT_KEYS)}"
    name = next((value[key] for key in _NAME_KEYS if isinstance(value.get(key), (str, int))), place)
    return one_line(str(name), 300), _bytes(text), ""


def _words(value: Any) -> list[str]:
    """Return the texts of a field: a string, or a list of strings or of comments with a body."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [
            text
            for item in value
            for text in _words(item.get("body") if isinstance(item, dict) else item)
        ]
    return []


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
