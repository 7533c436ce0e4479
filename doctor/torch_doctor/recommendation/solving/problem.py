"""What has to be solved: the hosts as known and as the law sees them, what is wanted of them, and the rows."""

from __future__ import annotations

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.question.asked import Constraints
from torch_doctor.recommendation.question.hosts import ServedHost


class Problem(NamedTuple):
    """One question to solve; *machines* stand in the order of *hosts*."""

    machines: tuple[Machine, ...]
    constraints: Constraints
    matrix: Matrix
    hosts: tuple[ServedHost, ...] = ()

    @property
    def driver_is_open(self) -> bool:
        """Whether nothing is known about the driver of any machine."""
        return all(m.driver is None and m.driver_reports is None for m in self.machines)
