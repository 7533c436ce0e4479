"""Put a matrix into the place of the one in force, or go back to the one before. Nothing else writes it."""

from __future__ import annotations

import os
from contextlib import suppress

from torch_doctor.core.startup import Any
from torch_doctor.matrix.store import MatrixError
from torch_doctor.matrix.taken.place import BEFORE, NAME
from torch_doctor.matrix.taken.stored import packed, read_taken
from torch_doctor.matrix.taken.trust import not_roots, runs_as_root


def keep(compiled: dict[str, Any], head: dict[str, str], folder: str) -> str:
    """Write a compiled matrix and return its path. *head* are the texts source, day, sha256 and beside.

    The one in force becomes the one before. The file is replaced as a whole or not at all; raise MatrixError where it
    cannot be written, or where root would not use it.
    """
    path = os.path.join(folder, NAME)
    try:
        os.makedirs(folder, exist_ok=True)
        if runs_as_root() and (why := not_roots(folder)):
            raise MatrixError(f"{why}, so root would not use a matrix there")
        unfinished = _written(
            path, packed(compiled["tables"], {"index": compiled["index"], **head})
        )
        try:
            before = _sound(path)
            if before is not None:
                os.replace(
                    _written(os.path.join(folder, BEFORE), before), os.path.join(folder, BEFORE)
                )
            os.replace(unfinished, path)
        except OSError:
            with suppress(OSError):
                os.unlink(unfinished)
            raise
    except OSError as error:
        raise MatrixError(f"{folder}: {error.strerror or error}") from error
    return path


def roll_back(folder: str) -> bool:
    """Go back to the one before, or to the packaged matrix; return False where that is in force already."""
    path, before = os.path.join(folder, NAME), os.path.join(folder, BEFORE)
    try:
        if os.path.lexists(before):
            read_taken(
                before
            )  # the same checks as when it is used: what is damaged is not gone back to
            os.replace(before, path)
        elif os.path.lexists(path):
            os.unlink(path)
        else:
            return False
    except OSError as error:
        raise MatrixError(f"{folder}: {error.strerror or error}") from error
    return True


def _sound(path: str) -> bytes | None:
    """Return the file that is in force; None where there is none, or it is damaged and worth nothing."""
    try:
        if read_taken(path) is None:
            return None
    except MatrixError:
        return None
    with open(path, "rb") as file:
        return file.read()


def _written(path: str, content: bytes) -> str:
    """Write a new file beside *path*, safe on the disk, and return its name."""
    unfinished = f"{path}.{os.getpid()}.tmp"
    with suppress(FileNotFoundError):
        os.unlink(unfinished)  # of a process of this number that was killed
    with open(unfinished, "xb") as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            file.close()
            os.unlink(unfinished)
            raise
    return unfinished
