"""The report for a terminal."""

from __future__ import annotations

from torch_doctor.core.report import Report
from torch_doctor.render.text.layout import lines
from torch_doctor.render.text.screen import to_text


def render(
    report: Report,
    *,
    width: int = 80,
    colour: bool = False,
    links: bool = False,
    verbose: bool = False,
    quiet: bool = False,
) -> str:
    """Return the report as text for a terminal of *width* columns."""
    laid_out = lines(report, verbose=verbose, quiet=quiet, width=width)
    return to_text(laid_out, width=width, colour=colour, links=links)
