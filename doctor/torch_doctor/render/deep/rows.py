"""Measurements as plain values, one row a stage, for JSON."""

from __future__ import annotations

from torch_doctor.core.report import Compared, Measure, Report
from torch_doctor.core.startup import Any
from torch_doctor.render.deep.words import links


def measured_rows(report: Report) -> dict[str, Any]:
    """Return what the deep check adds to a report: ``measured``, ``links`` and, beside a saved one, ``compared``."""
    if not report.measured:
        return {}
    found = links(report.facts.value("deep_results", ()))
    return {
        "measured": [_row(one) for one in report.measured],
        "links": [{"a": one.a, "b": one.b, "way": one.way, "rate": one.rate} for one in found],
        **({"compared": _compared(report.compared)} if report.compared else {}),
    }


def _row(one: Measure) -> dict[str, Any]:
    return {
        "stage": one.stage,
        "gpu": one.gpu,
        "name": one.name,
        "verdict": one.verdict,
        "value": one.value,
        "unit": one.unit,
        "most": one.most,
        "of": one.of,
        "share": None if one.share is None else round(one.share, 4),
        "least": one.least,
        "row": one.row,
        "seconds": one.seconds,
        "words": one.words,
        "reasons": list(one.reasons),
    }


def _compared(compared: Compared) -> dict[str, Any]:
    rows = [
        {
            "stage": one.stage,
            "gpu": one.gpu,
            "verdict": one.verdict,
            "before": one.before,
            "now": one.now,
            "unit": one.unit,
            "allowed": one.allowed,
            "words": one.words,
        }
        for one in compared.changes
    ]
    return {"name": compared.name, "worse": len(compared.worse), "changes": rows}
