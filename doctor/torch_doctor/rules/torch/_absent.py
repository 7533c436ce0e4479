"""What is wrong, and what helps, where the Python that ran a program has no torch."""

from __future__ import annotations

from torch_doctor.core.finding import Action
from torch_doctor.core.rule import Draft, finding
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures

NO_TORCH = r"No module named '?torch'?(?![.\w])"
_TWO_PYTHONS = [
    fixes.by_hand(
        "run the program with the Python whose pip lists torch: python and pip are of two environments",
        "python -m pip show torch",
        "python -c 'import sys; print(sys.executable)'",
    ),
    fixes.by_hand(
        "install torch with the Python that runs the program: python -m pip, not a bare pip"
    ),
]
_ABSENT = (
    fixes.by_hand(
        "install torch with the Python that runs the program (python -m pip, not a bare pip), or run the program with "
        "the Python whose pip shows torch",
        "python -m pip show torch",
    ),
    fixes.by_hand(
        "see which build serves the GPU: on its machine, or with --gpu and its name",
        "torch-doctor recommend",
    ),
)


def _into(environment: str) -> Action:
    folder = "venv" in environment.lower() or environment.startswith(".")
    enter = f". {environment}/bin/activate" if folder else f"conda activate {environment}"
    text = (
        f"activate the environment {environment} that was made for it, then start the program again: "
        "it ran with another Python"
    )
    return fixes.by_hand(text, enter)


def absent(elsewhere: TorchVersion | None, cures: Cures, environment: str | None = None) -> Draft:
    """Return what is wrong where the Python that ran has no torch, though another one may have it."""
    cause = "torch-not-installed"
    if elsewhere is None:
        message, install = "the Python that ran the program has no torch", cures.another_build()[:1]
        enter = [_into(environment)] if environment else []
        return finding("torch", message, cause=cause, fixes=[*enter, *install, *_ABSENT])
    message = f"the Python that failed has no torch; torch {elsewhere} is installed in another one"
    return finding("torch", message, cause=cause, fixes=_TWO_PYTHONS, confidence="medium")
