"""What many nodes measured as plain values: ``measured`` of the JSON of fleet judge."""

from __future__ import annotations

from torch_doctor.core.startup import Any
from torch_doctor.fleet.hostlist import folded
from torch_doctor.fleet.measured.answer import Behind, FleetMeasured, PeerRow, StageFault


def measured_rows(measured: FleetMeasured) -> dict[str, Any]:
    """Return the rows of equals, what failed where, and what is found."""
    found = measured.lagging
    return {
        "nodes": measured.nodes,
        "faults": [_fault(one) for one in measured.faults],
        "peers": [_peers(row) for row in measured.rows],
        "finding": None
        if found is None
        else {
            "severity": "warning",
            "message": found.message,
            "cures": [fix.as_values() for fix in found.cures],
        },
        "unmeasured": [
            {"why": why, "nodes": {"count": len(names), "names": folded(names)}}
            for why, names in measured.unmeasured
        ],
    }


def _fault(fault: StageFault) -> dict[str, Any]:
    one = fault.measure
    return {
        "node": fault.node,
        "gpu": one.gpu,
        "model": one.name,
        "stage": one.stage,
        "verdict": one.verdict,
        "value": one.value,
        "unit": one.unit,
        "words": one.words,
        "reasons": list(one.reasons),
    }


def _peers(row: PeerRow) -> dict[str, Any]:
    return {
        "stage": row.equals.stage,
        "model": row.equals.model,
        "torch": row.equals.torch,
        "gpus_of_node": row.equals.gpus,
        "gpu": row.equals.gpu,
        "unit": row.unit,
        "number": row.number,
        "nodes": row.nodes,
        "median": row.usual,
        "lowest": row.lowest,
        "highest": row.highest,
        "least": row.least,
        "typical": row.typical,
        "ecc": row.ecc,
        "behind": [_behind(one) for one in row.behind],
        "unknown": [{"node": one.node, "gpu": one.gpu, "why": one.why} for one in row.unknown],
    }


def _behind(one: Behind) -> dict[str, Any]:
    return {
        "node": one.node,
        "gpu": one.gpu,
        "value": one.value,
        "share": round(one.share, 4),
        "words": one.words,
        "reasons": list(one.reasons),
        "ecc": one.ecc,
    }
