"""Read one pasted report: text in any encoding, up to what the readers take."""

from __future__ import annotations

import os
import stat
import sys

from torch_doctor.cli.input.binary import binary_kind
from torch_doctor.cli.input.errors import InputError
from torch_doctor.core.text import one_line


def read_report(name: str) -> tuple[bytes, str]:
    """Return the bytes of a report and how to call it; ``-`` is standard input.

    Raise InputError where it cannot be read, and where it holds no text.
    """
    data, where = _read(name)
    binary = binary_kind(data)
    if binary:
        shown = "standard input" if name == "-" else one_line(name, 300)
        raise InputError(f"{shown} is {binary.what}", binary.cure, "input")
    return data, where


def _read(name: str) -> tuple[bytes, str]:
    from torch_doctor.pastes.read import LARGEST

    if name == "-":
        source = getattr(sys.stdin, "buffer", None)
        data = source.read(LARGEST + 1) if source else sys.stdin.read(LARGEST + 1).encode()
        return bytes(data), "report"
    shown = one_line(name, 300)
    try:
        descriptor = os.open(
            name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        )
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise InputError(
                    f"{shown} is not a regular file", "- reads standard input", "input"
                )
            return file.read(LARGEST + 1), os.path.basename(shown)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"{shown} cannot be read: {reason}",
            "name a text file, or - for standard input",
            "input",
        ) from error
