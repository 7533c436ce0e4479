"""Ask libcuda about this machine: the script of a child, which prints one JSON line per stage.

Started as ``python -I -S _libcuda_payload.py``. It calls cuDriverGetVersion, cuInit and cuDeviceGetCount: no context
is created and no memory is taken.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TextIO

LIBRARY = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"


def main() -> None:
    """Say stage by stage what libcuda answers."""
    channel = private_stdout()
    start(lambda stage, **fields: say(channel, stage=stage, **fields))


def private_stdout() -> TextIO:
    """Return a stream to what stdout was: libraries print noise to stdout, which goes to stderr from now on."""
    channel = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    return channel


def say(channel: TextIO, **fields: Any) -> None:
    channel.write(json.dumps(fields) + "\n")
    channel.flush()


def start(tell: Callable[..., None], go: Callable[[], None] = lambda: None) -> ctypes.CDLL | None:
    """Load libcuda, start it after *go* has returned, and tell each answer; return it if it started."""
    tell("start")
    try:
        cuda = ctypes.CDLL(LIBRARY)
    except OSError as error:
        tell("library", error=str(error))
        return None
    tell("library", path=mapped("libcuda.so"))
    version, count = ctypes.c_int(), ctypes.c_int()
    code = call(cuda, "cuDriverGetVersion", ctypes.byref(version))
    tell("version", code=code, version=version.value)
    go()
    code = call(cuda, "cuInit", 0)
    tell("init", code=code, name=word(cuda, "Name", code), message=word(cuda, "String", code))
    if code != 0:
        return None
    code = call(cuda, "cuDeviceGetCount", ctypes.byref(count))
    tell("count", code=code, count=count.value, name=word(cuda, "Name", code))
    return cuda if code == 0 else None


def call(cuda: ctypes.CDLL, function: str, *arguments: Any) -> int | None:
    """Return the code that a function answers, or None where this libcuda lacks it."""
    try:
        return int(getattr(cuda, function)(*arguments))
    except AttributeError:
        return None


def word(cuda: ctypes.CDLL, kind: str, code: int | None) -> str | None:
    """Return libcuda's own name (kind Name) or sentence (kind String) for a code."""
    words = ctypes.c_char_p()
    if code is None or call(cuda, f"cuGetError{kind}", code, ctypes.byref(words)) != 0:
        return None
    return (words.value or b"").decode("utf-8", "replace") or None


def mapped(name: str) -> str | None:
    """Return the path of the mapped file whose name starts with *name*, or None."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
            for line in maps:
                path = line.rstrip("\n").partition("/")[2]
                if path.rpartition("/")[2].startswith(name):
                    return "/" + path
    except OSError:
        pass
    return None


if __name__ == "__main__":
    main()
