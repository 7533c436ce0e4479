"""The report: verdict, primary cause, findings, and what became of every rule."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Finding, Severity
from torch_doctor.core.judgement import Judgement
from torch_doctor.core.tuples import NamedTuple


class Verdict(str, Enum):
    """The answer to the one question: will PyTorch run a kernel on the GPUs here?"""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    BROKEN = "broken"
    UNDECIDED = "undecided"
    CPU_ONLY = "cpu-only"


class OutcomeStatus(str, Enum):
    """What became of a rule."""

    FOUND = "found"
    PASSED = "passed"
    SKIPPED = "skipped"
    CRASHED = "crashed"


class Outcome(NamedTuple):
    """What became of one rule; *missing* are the facts that it could not have, and why."""

    code: str
    name: str
    status: OutcomeStatus
    missing: tuple[str, ...] = ()
    detail: str = ""


class Report(NamedTuple):
    """Everything that was judged about one host and one environment. *why* are the reasons of an undecided verdict.

    Findings come worst first; ``findings[0]`` is the primary cause where there is any error or warning.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...]
    facts: Facts
    judgement: Judgement
    why: tuple[str, ...] = ()
    matrix_version: str = ""
    matrix_digest: str = ""
    timing: Mapping[str, float] = MappingProxyType({})
    exit_code: int = 0
    subject: str | None = None

    @property
    def primary(self) -> Finding | None:
        """The one finding that explains the verdict, or None.

        A note explains one verdict alone, that there is nothing to run on: it says why.
        """
        told = self.verdict is Verdict.CPU_ONLY
        for finding in self.findings:
            if finding.explained_by is not None or finding.demoted:
                continue
            if finding.severity > Severity.NOTE or (told and finding.cause):
                return finding
        return None
