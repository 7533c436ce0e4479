"""Write lines so that none is lost: each is handed to the system whole, as soon as it is there."""

from __future__ import annotations

import os


class Journal:
    """A file that is added to, or standard output. Whatever ends the program later, a line that was written stays."""

    def __init__(self, path: str | None) -> None:
        """Open *path*, or standard output; raise OSError where it cannot be written."""
        self._file = 1 if path is None else os.open(path, _FLAGS, 0o644)
        if path is not None and _torn(path):
            self.add(
                ""
            )  # the last writer was killed in the middle of a line: that one alone is lost

    def add(self, line: str) -> None:
        """Write one line; raise OSError where there is no room, or nobody who reads."""
        left = f"{line}\n".encode("utf-8", "surrogatepass")
        while left:
            left = left[os.write(self._file, left) :]


_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)


def _torn(path: str) -> bool:
    """Whether a regular file ends in the middle of a line."""
    if not os.path.isfile(path) or not os.path.getsize(path):
        return False
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
