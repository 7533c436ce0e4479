"""Tracebacks that end while torch is imported: what its own files raise, and scripts that hide a module of Python."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

# The forms of frames: Python's, and those of IPython, old and new.
_FRAME = regex(
    r"^\s{0,12}(?:File [\"']?(?P<python>[^\"'\n]{1,300}?\.pyc?)[\"']?(?:, line |:)\d{1,5},? in (?P<of_python>[<\w>]{1,60})"
    r"|(?P<ipython>(?:~|/|[A-Za-z]:\\)[^\"'\n]{1,300}?\.pyc?) in (?P<of_ipython>[<\w>]{1,60}))"
)
_RAISED = regex(
    r"^\s{0,8}((?:AttributeError|NameError|TypeError|SyntaxError|ImportError: cannot import name"
    r"|ModuleNotFoundError: No module named 'torch\.)\b(?!: _ARRAY_API).{0,300})"
)
_NAMED = (
    "attributeerror",
    "nameerror",
    "typeerror",
    "syntaxerror",
    "cannot import name",
    "no module named 'torch.",
)
_AT_ITS_IMPORT = regex(r"[/\\]torch[/\\]__init__\.pyc?$")
_ELSEWHERE = regex(r"[/\\](?:site|dist)-packages[/\\](?!torch[/\\])")
_OF_PYTHON = regex(r"[/\\]lib[/\\]python\d|[/\\](?:site|dist)-packages[/\\]|[/\\]Lib[/\\]", 2)
_IMPORTS_TORCH = regex(
    r"^\s{0,12}(?:-{2,6}>\s?\d{1,4}\s)?(?:import torch\b|from torch[\w.]{0,60} import )"
)
_REACH = 24  # lines of a traceback above its error


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the error, and the script whose name is that of a module of Python."""
    for needs in _NAMED:
        for index, text in paste.with_(needs, 5):
            raised = _RAISED.match(text)
            frames = list(_frames(paste, index)) if raised else []
            if not raised or not _is_import(frames):
                continue
            line = paste.number(index)
            hiding = _hiding(paste, frames)
            fact = "plain_import_error" if hiding else "torch_import_error"
            yield Claim(fact, one_line(raised[1], 300), line, Seen.SESSION)
            if hiding:
                yield Claim("dependency_shadows", hiding, line, Seen.SESSION)


def _frames(paste: Paste, index: int) -> Iterator[tuple[str, str, int]]:
    """Yield the frames above a line, from first to last: file, function and index."""
    for at in range(max(0, index - _REACH), index):
        frame = _FRAME.match(paste.lines[at])
        if frame:
            yield frame["python"] or frame["ipython"], frame["of_python"] or frame["of_ipython"], at


def _is_import(frames: list[tuple[str, str, int]]) -> bool:
    """Whether torch's own file was being run for the first time, and the error was raised there or in Python's library."""
    importing = any(_AT_ITS_IMPORT.search(file) and name == "<module>" for file, name, _ in frames)
    return importing and not _ELSEWHERE.search(frames[-1][0])


def _hiding(paste: Paste, frames: list[tuple[str, str, int]]) -> str | None:
    """Return the script that imports torch and has the name of a module of Python, which torch then gets instead."""
    for file, name, at in frames:
        stem = file.replace("\\", "/").rpartition("/")[2].partition(".")[0]
        imports = any(map(_IMPORTS_TORCH.match, paste.lines[at + 1 : at + 2]))
        own = name == "<module>" and imports and not _OF_PYTHON.search(file)
        if own and stem in sys.stdlib_module_names:
            return file
    return None
