"""Symbolic links inside one tree of files, followed by name alone."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable


def follow(path: str, target_of: Callable[[str], str | None], *, last: bool = True) -> str:
    """Return *path* with its links followed inside one tree, as a process chrooted there would see it.

    *target_of* answers None for what is no link; ``last=False`` leaves the last component alone. Raises OSError
    for a loop.
    """
    done, rest, hops = "", [part for part in reversed(path.split("/")) if part], 0
    while rest:
        part = rest.pop()
        if part == ".":
            continue
        if part == "..":
            done = done.rpartition("/")[0]
            continue
        target = target_of(f"{done}/{part}") if rest or last else None
        if target is None:
            done = f"{done}/{part}"
            continue
        hops += 1
        if hops > 40:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        if target.startswith("/"):
            done = ""
        rest.extend(part for part in reversed(target.split("/")) if part)
    return done or "/"
