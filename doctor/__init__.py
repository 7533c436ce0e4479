"""torch-doctor: will PyTorch run a kernel on the GPUs here, and if not, what is the one cause and the cheapest cure?

The Python API is three names: :func:`check`, :func:`recommend` and :class:`Report`, imported when first used.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from doctor.api import check, recommend
    from doctor.core.report import Report

__version__ = "0.1.0"
__all__ = ["Report", "__version__", "check", "recommend"]


def __getattr__(name: str) -> object:
    if name == "Report":
        from doctor.core.report import Report

        return Report
    if name in ("check", "recommend"):
        from doctor import api

        return getattr(api, name)
    msg = f"module 'doctor' has no attribute {name!r}"
    raise AttributeError(msg)
