"""Why a library of the driver could not be loaded. The loader has no number for it: its own words alone tell."""

from __future__ import annotations

from torch_doctor.core.fact import Reason, Source, Unavailable
from torch_doctor.core.text import one_line

# What Windows says of a libcuda that is not there names it, and gives no more reason.
_OF_WINDOWS = "nvcuda.dll"


def unloaded(error: object, name: str, source: Source) -> Unavailable:
    """Return the gap that a library leaves: *name* is not there, or it is there and cannot be loaded."""
    words = one_line(str(error))
    return Unavailable(library_reason(words, name), words, source)


def library_reason(error: str, name: str) -> Reason:
    """Tell a library that is not there from one whose own libraries are missing, or that is refused."""
    gone = ("No such file" in error and name in error) or _OF_WINDOWS in error
    return Reason.NOT_PRESENT if gone else Reason.CRASHED
