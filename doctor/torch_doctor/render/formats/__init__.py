"""The forms that a report is written in: one file for each, found by walking this folder. A new form is one file.

The file ``NAME.py`` is ``--format NAME``: its ``render(report)`` returns the whole text.
"""

from __future__ import annotations

import os

_FIRST = ("text", "json")


def names() -> tuple[str, ...]:
    """Return the names of all forms: those first that most people ask for, the others by name."""
    found = {
        file[:-3]
        for file in os.listdir(os.path.dirname(__file__))
        if file.endswith(".py") and not file.startswith("_")
    }
    return (*_FIRST, *sorted(found - set(_FIRST)))
