"""torch-doctor: will PyTorch run a kernel on the GPUs here, and if not, what is the one cause and the cheapest cure?

The Python API is seven names, imported when first used: :func:`check` (a machine), :func:`triage` (a pasted report),
:func:`recommend` (what to install), :func:`lock` and :func:`compare` (a plan as a file, and what drifted from it),
:func:`lint` (files that a team writes) and :class:`Report`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torch_doctor.api import Report, check, compare, lint, lock, recommend, triage

__version__ = "0.1.0"
__all__ = ["Report", "__version__", "check", "compare", "lint", "lock", "recommend", "triage"]


if not TYPE_CHECKING:  # a type checker would take every name for one of the package

    def __getattr__(name: str) -> object:
        if name not in __all__:
            msg = f"module 'torch_doctor' has no attribute {name!r}"
            raise AttributeError(msg)
        from torch_doctor import api

        value: object = getattr(api, name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
