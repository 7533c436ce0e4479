"""What the interpreter says when it starts: ``Python 3.10.11 (…) [MSC v.1929 64 bit (AMD64)] on win32``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_BANNER = regex(
    r"(?:Python |\b)(\d\.\d{1,2}\.\d{1,2}\w{0,4}) (?:experimental free-threading build )?[(|][^\n\[]{3,120}\[([^\]]{3,60})\](?: on (\w{3,10}))?"
)
_COMPILER = regex(r"MSC v\.\d{4} (32|64) bit \((\w{3,8})\)")
_SYSTEMS = {"win32": "windows", "linux": "linux", "darwin": "darwin"}
_ARCHS = {"amd64": "x86_64", "arm64": "aarch64"}
# A run's metadata names the interpreter that ran it: wandb, MLflow, a notebook's kernel.
_EXECUTABLE = regex(
    r"\bexecutable['\"]?\s{0,3}[:=]\s{0,3}['\"]?(?:/|[A-Z]:\\)[^\s'\"]{0,200}?(?:conda\d?|miniforge\d?|mambaforge|micromamba)[/\\][^\s'\"]{0,160}python[\w.]{0,8}['\"]?",
    re.IGNORECASE,
)
# The installer for Windows calls the folder of a 32-bit Python so.
_FOLDER_OF_32 = regex(r"[\\/]Python3\d{1,2}-32[\\/]", re.IGNORECASE)
_RUNTIME = regex(r"\((32|64)-bit runtime\)")


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the version, the system and, under Windows, the processor and the bits that Python was built for."""
    for needs in ("msc v.", "[gcc", "[clang"):
        for match, line in paste.find(_BANNER, needs, 5):
            yield from torch_words.python_version(match[0], line, Seen.SESSION)
            compiler = _COMPILER.search(match[2])
            system = "windows" if compiler else _SYSTEMS.get(match[3] or "")
            if system:
                yield Claim("os_family", system, line, Seen.SESSION)
            if compiler:
                arch = _ARCHS.get(compiler[2].lower())
                yield Claim("host_arch", arch, line, Seen.SESSION)
                yield Claim("python_bits", int(compiler[1]), line, Seen.SESSION)
    for _, line in paste.find(_EXECUTABLE, "executable", 3):
        yield Claim("python_environment", "conda", line, Seen.SUMMARY)
    for _, line in paste.find(_FOLDER_OF_32, "-32", 1):
        yield Claim("python_bits", 32, line, Seen.SUMMARY)
    for match, line in paste.find(_RUNTIME, "-bit runtime", 3):
        yield Claim("python_bits", int(match[1]), line, Seen.REPORT)
