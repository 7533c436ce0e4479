"""One setting: its value, and where it is set."""

from __future__ import annotations

from torch_doctor.core.startup import Any
from torch_doctor.core.tuples import NamedTuple


class Setting(NamedTuple):
    """The value of one key, the place where it is set, and how it is written there."""

    value: Any
    file: str
    line: int
    written: Any = None
