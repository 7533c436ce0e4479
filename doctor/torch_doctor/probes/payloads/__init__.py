"""Scripts that run in children: Python 3.8, the standard library and what they are sent to ask."""

from __future__ import annotations

import os


def script(name: str) -> list[str]:
    """Return the words that run one script, to follow those of an interpreter: it ends when its parent does."""
    return [path_of("start"), path_of(name)]


def path_of(name: str) -> str:
    """Return the file of one script: ``nvml``, ``libcuda``, ``proof``, ``torch``, ``deep`` or ``start``."""
    return os.path.join(os.path.dirname(__file__), f"_{name}_payload.py")
