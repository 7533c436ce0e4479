"""The report in one short line of ASCII, for programs that keep one: a reason of Slurm, a condition of a node."""

from __future__ import annotations

from torch_doctor.core.report import Report
from torch_doctor.core.text import one_line
from torch_doctor.render.text.glyphs import fit
from torch_doctor.render.view import why_undecided

# What node-problem-detector keeps of a plugin's output.
LONGEST = 80


def render(report: Report) -> str:
    """Return the code and the cause where the exit code is 1, else the verdict and what is behind it."""
    return f"{_cut(_words(report))}\n"


def _words(report: Report) -> str:
    found = report.primary or next(iter(report.findings), None)
    cause = f"{found.code} {found.name}: {one_line(found.message)}" if found else ""
    if report.exit_code == 1 and cause:
        return cause
    if report.verdict.value == "undecided":
        cause = next(iter(why_undecided(report)), "")
    if report.verdict.value == "healthy" or not cause:
        return report.verdict.value
    return f"{report.verdict.value}: {one_line(cause)}"


def _cut(text: str) -> str:
    plain = fit(text, "ascii").encode("ascii", "replace").decode()
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 3].rstrip()}..."
