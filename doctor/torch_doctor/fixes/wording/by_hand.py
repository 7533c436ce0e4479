"""Cures that a rule words itself."""

from __future__ import annotations

from torch_doctor.core.finding import Fix
from torch_doctor.fixes.kinds import ByHand
from torch_doctor.fixes.person import Person


def by_hand(action: ByHand, person: Person) -> Fix:
    """Say it as the rule does."""
    return Fix(action.text, action.commands, action.scope, action.root, action.reboot)
