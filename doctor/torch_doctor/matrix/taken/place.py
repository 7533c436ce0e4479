"""Where a matrix that the user took is kept: one file in the folder that the system has for data of programs."""

from __future__ import annotations

import os
import sys

from torch_doctor.core.startup import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "TORCH_DOCTOR_DATA"
NAME, BEFORE = "matrix.tdm", "matrix.before.tdm"


def data_folder(environ: Mapping[str, str], platform: str = sys.platform) -> str | None:
    """Return the folder, which need not exist; None where nothing says where the user's files are.

    TORCH_DOCTOR_DATA names it, else it is that of the platform (XDG_DATA_HOME, Application Support, LOCALAPPDATA).
    """
    if environ.get(VARIABLE):
        return os.path.abspath(environ[VARIABLE])
    if platform == "win32":
        base = environ.get("LOCALAPPDATA", "")
    elif platform == "darwin":
        base = os.path.join(environ.get("HOME", ""), "Library", "Application Support")
    else:
        # What is not absolute is to be ignored, says the specification.
        named = environ.get("XDG_DATA_HOME", "")
        absolute = os.path.isabs(named)
        base = named if absolute else os.path.join(environ.get("HOME", ""), ".local", "share")
    return os.path.join(base, "torch-doctor") if os.path.isabs(base) else None
