"""torch-doctor: will PyTorch run a kernel on the GPUs here, and if not, what is the one cause and the cheapest cure?

The Python API is three names: :func:`check`, :func:`recommend` and :class:`Report`, imported when first used.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torch_doctor.api import check, recommend
    from torch_doctor.core.report import Report

__version__ = "0.1.0"
__all__ = ["Report", "__version__", "check", "recommend"]


def __getattr__(name: str) -> object:
    if name == "Report":
        from torch_doctor.core.report import Report

        return Report
    if name in ("check", "recommend"):
        from torch_doctor import api

        return getattr(api, name)
    msg = f"module 'torch_doctor' has no attribute {name!r}"
    raise AttributeError(msg)
