"""Read a JSON file that somebody names: a fault is one line that names the file, the line and the cure."""

from __future__ import annotations

import json
import os
import stat
import sys

from torch_doctor.cli.input.binary import binary_kind, unmarked
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line, visible
from torch_doctor.core.tuples import NamedTuple

LIMIT = 32 << 20


class Form(NamedTuple):
    """What a file should be, and what to do where it is something else, was not found, or is no file."""

    what: str
    cure: str
    name_one: str
    by_stdin: str


class JsonFile(NamedTuple):
    """What a file holds, its text, and how to call it."""

    shown: str
    text: str
    document: Any

    def place(self, key: str) -> str:
        """Return the file, and the line on which *key* stands, where it does."""
        position = self.text.find(f'"{key}"')
        if position < 0:
            return self.shown
        return f"{self.shown}:{self.text.count(chr(10), 0, position) + 1}"


class JsonFileError(Exception):
    """What is wrong with a file: the place and the message, and what to do about it."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.message, self.cure = message, cure


def read_json(name: str, form: Form) -> JsonFile:
    """Return what a file holds, safe to print; ``-`` is standard input. Raise JsonFileError where it is no JSON."""
    shown = "standard input" if name == "-" else one_line(name, 300)
    text = _text(_bytes(name, shown, form), shown, form)
    return JsonFile(shown, text, _parsed(text, shown, form))


def parsed(text: str, place: str, cure: str) -> Any:
    """Return the JSON of one text that stands at *place*, safe to print; raise JsonFileError where it is none."""
    try:
        return _sanitised(json.loads(text))
    except json.JSONDecodeError as error:
        raise wrong(place, f"is not JSON: {error.msg} at column {error.colno}", cure) from error
    except (ValueError, RecursionError) as error:
        raise wrong(
            place, f"is not JSON that can be read: {one_line(str(error), 200)}", cure
        ) from error


def wrong(place: str, message: str, cure: str) -> JsonFileError:
    """Return the fault of a file at *place*."""
    return JsonFileError(f"{place}: {message}", cure)


def kind_of(document: Any) -> str:
    """Return what JSON calls a value that is no object."""
    return {list: "list", str: "string", type(None): "null", bool: "boolean"}.get(
        type(document), "number"
    )


def _bytes(name: str, shown: str, form: Form) -> bytes:
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
                    raise wrong(shown, "is not a regular file", form.by_stdin)
                data = file.read(LIMIT + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise wrong(shown, f"cannot be read: {reason}", form.name_one) from error
    if len(data) > LIMIT:
        raise wrong(shown, f"is larger than {LIMIT >> 20} MiB, and no {form.what} is", form.cure)
    return bytes(data)


def _text(data: bytes, shown: str, form: Form) -> str:
    """Decode UTF-8, and UTF-16 where it says so: PowerShell's ``>`` writes that."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    binary = binary_kind(data)
    if binary:
        raise wrong(shown, f"is {binary.what}", binary.cure)
    wide = unmarked(data) if encoding == "utf-8-sig" or data[2:4] == b"\0\0" else None
    if wide:
        raise wrong(shown, f"is {wide.what}, and UTF-8 is read", wide.cure)
    if encoding == "utf-8-sig" and b"\0" in data:
        message = f"is not text: it has a null byte at offset {data.index(0)}"
        raise wrong(shown, message, form.cure)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8 text (byte offset {error.start})"
        raise wrong(f"{shown}:{line}", message, form.cure) from error


def _parsed(text: str, shown: str, form: Form) -> Any:
    if not text.strip():
        raise wrong(shown, "is empty", form.cure)
    try:
        return _sanitised(json.loads(text))
    except json.JSONDecodeError as error:
        message = f"is not JSON: {error.msg} at column {error.colno}"
        raise wrong(f"{shown}:{error.lineno}", message, form.cure) from error
    except RecursionError as error:
        raise wrong(shown, f"is nested too deeply to be a {form.what}", form.cure) from error
    except ValueError as error:
        raise wrong(shown, f"is not JSON that can be read: {error}", form.cure) from error


def _sanitised(value: Any) -> Any:
    """Make every text safe to print where it enters: the file may come from anybody."""
    if isinstance(value, str):
        return visible(value, 1 << 16)
    if isinstance(value, dict):
        return {visible(key): _sanitised(item) for key, item in value.items()}
    return [_sanitised(item) for item in value] if isinstance(value, list) else value
