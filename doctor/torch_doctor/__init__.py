"""torch-doctor: will PyTorch run a kernel on the GPUs here, and if not, what is the one cause and the cheapest cure?

The Python API (docs/api.md) is a few names, imported when first used: :func:`check` (a machine), :func:`require` (the
same, or an error), :func:`load` (saved facts), :func:`triage` (a pasted report), :func:`recommend` (what to install),
:func:`lock` and :func:`compare` (a plan as a file, and what drifted from it), :func:`lint` (files that a team writes).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torch_doctor.answers import Answer
    from torch_doctor.api import Expectations, Report, check, compare, lint, lock, recommend, triage
    from torch_doctor.core.finding import Severity
    from torch_doctor.engine.evaluate import Options
    from torch_doctor.gate import RequirementError, require
    from torch_doctor.saved import FactsError, load

__version__ = "0.1.0"
__all__ = [
    "Answer", "Expectations", "FactsError", "Options", "Report", "RequirementError", "Severity", "__version__", "check",
    "compare", "lint", "load", "lock", "recommend", "require", "triage",
]  # fmt: skip

_ELSEWHERE = {
    "Answer": "answers",
    "FactsError": "saved",
    "Options": "engine.evaluate",
    "RequirementError": "gate",
    "Severity": "core.finding",
    "load": "saved",
    "require": "gate",
}


if not TYPE_CHECKING:  # a type checker would take every name for one of the package

    def __getattr__(name: str) -> object:
        if name not in __all__:
            msg = f"module 'torch_doctor' has no attribute {name!r}"
            raise AttributeError(msg)
        from importlib import import_module

        home = import_module(f"torch_doctor.{_ELSEWHERE.get(name, 'api')}")
        value: object = getattr(home, name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
