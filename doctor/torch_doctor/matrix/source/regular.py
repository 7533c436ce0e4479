"""Open regular files alone: a pipe or a device in the place of one would be waited for without end."""

from __future__ import annotations

import os
import stat


def regular(path: str, flags: int) -> int:
    """Open as ``open(path, opener=regular)`` does; raise OSError where *path* is no regular file."""
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    msg = "it is not a regular file"
    raise OSError(msg)
