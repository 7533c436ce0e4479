"""The report as one line of JSON: one line for each host, to be concatenated."""

from __future__ import annotations

from torch_doctor.core.report import Report
from torch_doctor.render.formats.json import render as render_json


def render(report: Report) -> str:
    """Return the report as one line."""
    return render_json(report, indent=None)
