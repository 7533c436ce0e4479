"""Where an interpreter died of a signal: what faulthandler wrote, and what was being loaded."""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple

_DUMP = regex(r"Fatal Python error: .*", re.MULTILINE | re.DOTALL)
_FRAME = regex(
    r'^  File "(?P<file>[^"\n]*)", line (?P<line>\d+) in (?P<function>\S+)', re.MULTILINE
)
# Frames of whoever loads a library, which say nothing of why: importlib's own, and ctypes'.
_LOADERS = regex(
    r"<frozen |.*/(?:ctypes/__init__|importlib/\w+)\.py$|.*_(?:start|torch)_payload\.py$"
)


class LastWords(NamedTuple):
    """What a child wrote to stderr, without the dump of faulthandler, and the dump."""

    words: str
    dump: str

    @classmethod
    def of(cls, stderr: str) -> LastWords:
        """Take stderr apart. A dump comes last: nothing is run after it."""
        found = _DUMP.search(stderr)
        return cls(stderr[: found.start()], found[0]) if found else cls(stderr, "")


def where(dump: str, loading: str | None) -> str:
    """Return where it died, to follow "it was killed": " at FILE:LINE while it loaded LIBRARY"; or nothing."""
    frames = [match.groupdict() for match in _FRAME.finditer(dump)]
    depth = next((n for n, frame in enumerate(frames) if not _LOADERS.match(frame["file"])), None)
    own = None if depth is None else frames[depth]
    places = [f"at {own['file']}:{own['line']}"] if own else []
    if loading and (not frames or any(map(_loads, frames[:depth]))):
        places.append(f"while it loaded {loading}")
    return "".join(f" {one_line(words, 300)}" for words in places)


def _loads(frame: dict[str, str]) -> bool:
    ctypes = frame["file"].endswith("ctypes/__init__.py") and frame["function"] == "__init__"
    return frame["function"] == "create_module" or ctypes
