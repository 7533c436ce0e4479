"""The folders of PYTHONPATH, and what lies in them."""

from __future__ import annotations

import re


def path_entries(pythonpath: str | None) -> set[str]:
    """Return the folders of PYTHONPATH, which Windows parts by semicolons: its drives have the colon."""
    text = pythonpath or ""
    of_windows = ";" in text or re.match(r"[A-Za-z]:[\\/]", text)
    entries = text.split(";" if of_windows else ":")
    return {entry.replace("\\", "/").rstrip("/") for entry in entries if entry}


def folder_of(path: str) -> str:
    """Return the folder in which a file or package lies."""
    return path.rstrip("/").rpartition("/")[0]
