"""argparse without catalogues of translations: all its words here are English.

It imports gettext for a few words of its own, and searches for catalogues whenever it says one.
"""

from __future__ import annotations

import sys
from types import ModuleType


def import_argparse() -> None:
    """Import argparse, whose words are then its own. The real gettext is there for whoever imports it later."""
    there = "gettext" in sys.modules
    if not there:
        words = ModuleType("gettext")
        vars(words).update(gettext=str, ngettext=_in_number)
        sys.modules["gettext"] = words
    try:
        import argparse
    finally:
        if not there:
            del sys.modules["gettext"]
    vars(argparse).update(_=str, ngettext=_in_number)


def _in_number(one: str, many: str, count: int) -> str:
    return one if count == 1 else many
