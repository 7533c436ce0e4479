"""The report: verdict, primary cause, findings, and what became of every rule."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from torch_doctor.core.about import About
from torch_doctor.core.fact import Facts, Unavailable
from torch_doctor.core.finding import Finding, Fix, Severity
from torch_doctor.core.judgement import Judgement
from torch_doctor.core.light.words import StrEnum
from torch_doctor.core.tuples import NamedTuple


class Verdict(StrEnum):
    """The answer to the one question: will PyTorch run a kernel on the GPUs here?"""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    BROKEN = "broken"
    UNDECIDED = "undecided"
    CPU_ONLY = "cpu-only"


class OutcomeStatus(StrEnum):
    """What became of a rule."""

    FOUND = "found"
    PASSED = "passed"
    SKIPPED = "skipped"
    CRASHED = "crashed"


class Missing(NamedTuple):
    """A fact that a rule could not have, and why there is none."""

    fact: str
    why: Unavailable

    def __str__(self) -> str:
        return f"{self.fact} ({self.why})"


class Outcome(NamedTuple):
    """What became of one rule. *error* is what a crashed rule raised, in one line; *detail* is its traceback."""

    code: str
    name: str
    status: OutcomeStatus
    missing: tuple[Missing, ...] = ()
    detail: str = ""
    error: str = ""


class GapKind(StrEnum):
    """What kind of thing an undecided verdict lacks."""

    FACT_UNREAD = "fact-unread"  # it was asked for, and the probe failed
    FACT_UNKNOWN = "fact-unknown"  # the law of compatibility needs it, and nobody told
    RULE_CRASHED = "rule-crashed"
    OBJECTION = "objection"  # the law objects, and no rule could word it
    FAILURE_SEEN = "failure-seen"  # a text that proves a failure was seen, and no rule speaks of it
    GPUS_INVISIBLE = "gpus-invisible"  # PyTorch sees no GPU, and nothing says why
    NOT_JUDGED = "not-judged"  # the input or the program itself failed


class Gap(NamedTuple):
    """One thing that stands between a report and a verdict. *fact* would close it; *why* is why there is none."""

    kind: GapKind
    text: str
    fact: str | None = None
    why: Unavailable | None = None


class Measure(NamedTuple):
    """What one stage of the deep check found, beside what it should be.

    *most* is the figure of the data sheet or of the link (*of* says which) and *least* the share of it below which it
    is slow. *verdict* is ok, slow, behind (its peers), busy (not judged), or the status of a stage that did not end
    well. *name* is the product.
    """

    stage: str
    gpu: int | None
    name: str | None
    verdict: str
    seconds: float
    value: float | None = None
    unit: str | None = None
    most: float | None = None
    of: str | None = None
    least: float | None = None
    row: str | None = None
    words: str | None = None
    reasons: tuple[str, ...] = ()

    @property
    def share(self) -> float | None:
        """The share of *most* that was reached."""
        return self.value / self.most if self.value is not None and self.most else None


class MeasureChange(NamedTuple):
    """One stage beside what it was before; *verdict* is same, faster, slower, better, worse, new or gone."""

    stage: str
    gpu: int | None
    verdict: str
    before: float | None
    now: float | None
    unit: str | None
    allowed: float
    words: str = ""


class Compared(NamedTuple):
    """What changed since a saved report. *worse* is what counts as a fault."""

    name: str
    changes: tuple[MeasureChange, ...]

    @property
    def worse(self) -> tuple[MeasureChange, ...]:
        """What is slower or worse than it was."""
        return tuple(one for one in self.changes if one.verdict in ("slower", "worse", "gone"))


class Report(NamedTuple):
    """Everything that was judged about one host and one environment.

    *why* is what an undecided verdict lacks, *next_step* the one command or fact that would decide it. Findings come
    worst first; ``findings[0]`` is the primary cause where there is any error or warning. *measured* is what the deep
    check found, *compared* what of it changed since a saved report.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...]
    facts: Facts
    judgement: Judgement
    why: tuple[Gap, ...] = ()
    matrix_version: str = ""
    matrix_digest: str = ""
    timing: Mapping[str, float] = MappingProxyType({})
    exit_code: int = 0
    about: About = About()
    next_step: Fix | None = None
    measured: tuple[Measure, ...] = ()
    compared: Compared | None = None

    @property
    def primary(self) -> Finding | None:
        """The one finding that explains the verdict, or None.

        A note explains one verdict alone, that there is nothing to run on: it says why.
        """
        nothing_to_run_on = self.verdict is Verdict.CPU_ONLY
        for finding in self.findings:
            if finding.explained_by is not None or finding.demoted:
                continue
            if finding.severity > Severity.NOTE or (nothing_to_run_on and finding.cause):
                return finding
        return None
