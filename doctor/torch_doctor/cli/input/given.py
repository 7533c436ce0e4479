"""Facts that do not come from asking this machine, and what they are about."""

from __future__ import annotations

from torch_doctor.core.about import About
from torch_doctor.core.fact import Facts
from torch_doctor.core.tuples import NamedTuple


class Given(NamedTuple):
    """Facts of a file, a report or an assumption, and what they are about."""

    facts: Facts
    about: About
