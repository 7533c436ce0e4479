"""The gate for the top of a program: go on where PyTorch will run, else raise the cause and the cure in one line."""

from __future__ import annotations

from collections.abc import Sequence

from torch_doctor.api import Expectations, Report, check
from torch_doctor.arguments import count_of, words_of
from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Fix
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.text import one_line
from torch_doctor.engine.evaluate import Options

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Literal


class RequirementError(RuntimeError):
    """PyTorch will not run as required, or that is not known. The message is one line: the cause, then the cure.

    *report* is all that was judged, *cause* the sentence before the cure, and *cure* a command or what to do: empty
    where nothing is known to help.
    """

    def __init__(self, report: Report, cause: str, cure: str) -> None:
        super().__init__(f"{cause}; cure: {cure}" if cure else cause)
        self.report = report
        self.cause = cause
        self.cure = cure

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.report, self.cause, self.cure)


def require(
    *,
    gpus: int = 1,
    gpu: str | Sequence[str] = (),
    build: str | Sequence[str] = (),
    proof: Literal["static", "driver"] = "static",
    options: Options = Options(),
    facts: Facts | None = None,
    host: Any = None,
    overlay: Path | None = None,
) -> Report:
    """Return the report where PyTorch will run here as required, else raise RequirementError.

    Required are *gpus* usable GPUs, one of each model in *gpu*, and the *build* of torch (``cu128``, ``2.9``). The
    environment is that of the program that asks. *proof* says how far to go: ``static`` reads files and NVML;
    ``driver`` also lets a child ask the driver to run a kernel and to take the installed code. Neither imports torch
    nor touches CUDA in this process. *options* may ignore codes or let an undecided verdict pass
    (``unknown_is_ok=True``). *facts* or a recorded *host* are judged instead. Raise ValueError or
    TypeError where an argument means nothing.
    """
    if proof not in ("static", "driver"):
        raise ValueError(f"proof is 'static' or 'driver', not {proof!r}")
    count, names, builds = count_of(gpus, "gpus"), words_of(gpu, "gpu"), words_of(build, "build")
    wanted = _expectations(count or None, names, builds, overlay)
    report = check(
        facts=facts, host=host, static=proof == "static", torch=False,
        options=options, overlay=overlay, expectations=wanted,
    )  # fmt: skip
    if report.exit_code == 0:
        return report
    raise RequirementError(report, _cause(report), _cure(report))


def _expectations(
    gpus: int | None, names: tuple[str, ...], builds: tuple[str, ...], overlay: Path | None
) -> Expectations:
    """Return what is expected; raise ValueError on a name that is no model of NVIDIA's, or no build of torch."""
    if names or builds:
        from torch_doctor.matrix.expected_build import read_expected
        from torch_doctor.matrix.gpus.choice import objection_to
        from torch_doctor.matrix.load import load_matrix

        matrix = load_matrix(overlay)
        for name in names:
            unfit = objection_to(name, matrix)
            if unfit:
                raise ValueError(f"gpu: {unfit.problem}; {unfit.cure}")
        for word in builds:
            read_expected(word, matrix)
    return Expectations(gpus, names, builds)


def _cause(report: Report) -> str:
    primary = report.primary
    if primary is None and report.why:
        return one_line(f"no verdict: {'; '.join(gap.text for gap in report.why[:2])}", 1000)
    found = primary or max(report.findings, key=lambda finding: finding.severity, default=None)
    if found is None:
        return f"the verdict is {report.verdict.value}"
    return one_line(f"{found.code} {found.name}: {found.message}", 1000)


def _cure(report: Report) -> str:
    fixes = report.primary.fixes if report.primary else ()
    fix: Fix | None = fixes[0] if fixes else report.next_step
    if fix is None:
        return ""
    return one_line(fix.text if fix.lines else " && ".join(fix.commands) or fix.text, 1000)
