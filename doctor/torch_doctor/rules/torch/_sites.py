"""What keeps a torch in the user's site directory away from the environment that has its own."""

from __future__ import annotations

from torch_doctor.core.finding import Action
from torch_doctor.fixes import actions as fixes


def past_user_site() -> list[Action]:
    """Return how Python takes the environment's own torch: for a try, and for good."""
    why = "Python then takes the environment's own torch, and not the one in the user's site directory"
    away = "uninstall the torch in the user's site directory, with a Python of the same version"
    return [
        fixes.set_variable("PYTHONNOUSERSITE", "1", why),
        fixes.by_hand(away, "python -m pip uninstall torch"),
    ]
