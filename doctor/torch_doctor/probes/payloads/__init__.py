"""Scripts that run in children: Python 3.8, the standard library and what they are sent to ask."""

from __future__ import annotations

import os


def path_of(name: str) -> str:
    """Return the file of one script: ``nvml``, ``libcuda``, ``proof``, ``torch`` or ``deep``."""
    return os.path.join(os.path.dirname(__file__), f"_{name}_payload.py")
