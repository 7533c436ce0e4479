"""Whose file it is: root uses no matrix that somebody else could put into its place."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator


def runs_as_root() -> bool:
    """Whether this process is root's, so that a file of somebody else would speak for root."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def not_roots(path: str) -> str | None:
    """Return what on the way to *path* others than root can change, and why; None where nothing is."""
    for place in (*_ways(os.path.abspath(path)), *_ways(os.path.realpath(path))):
        try:
            status = os.lstat(place)
        except OSError:
            continue  # not there: whoever could make it was looked at in the folder above
        if status.st_uid:
            return f"{place} belongs to user {status.st_uid}"
        if stat.S_ISLNK(status.st_mode):
            continue
        # In a sticky folder, such as /tmp, others cannot replace what is root's.
        sticky = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX and place != path
        group = status.st_mode & stat.S_IWGRP and status.st_gid
        if not sticky and (status.st_mode & stat.S_IWOTH or group):
            return f"{place} can be changed by others"
    return None


def _ways(path: str) -> Iterator[str]:
    """Yield every folder above a path, from the top, and the path itself."""
    above = os.path.dirname(path)
    if above != path:
        yield from _ways(above)
    yield path
