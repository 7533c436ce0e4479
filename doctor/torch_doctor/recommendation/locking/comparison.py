"""A host beside a lock, as plain values for JSON: the documented form that drift.schema.json describes."""

from __future__ import annotations

from torch_doctor import __version__
from torch_doctor.core.about import About
from torch_doctor.core.startup import Any
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.locking.drift import Comparison

DRIFT_VERSION = 1


def comparison_values(
    comparison: Comparison, about: About, matrix: Matrix, file: str
) -> dict[str, Any]:
    """Return *comparison* as JSON values; *about* says what was compared, *file* what the lock is called."""
    lock = comparison.lock
    return {
        "kind": "torch-doctor-drift",
        "schema_version": DRIFT_VERSION,
        "tool": {"name": "torch-doctor", "version": __version__},
        "matrix": {"version": matrix.version, "digest": matrix.digest},
        "lock": {
            "file": file,
            "build": lock.build,
            "matrix": {"version": lock.matrix_version, "digest": lock.matrix_digest},
        },
        "about": about.as_values(),
        "status": comparison.status,
        "drifts": [
            {
                "subject": one.subject,
                "expected": one.expected,
                "found": one.found,
                "message": one.message,
                "cure": {
                    "text": one.fix.text,
                    "commands": list(one.fix.commands),
                    "scope": one.fix.scope,
                    "needs_root": one.fix.needs_root,
                    "needs_reboot": one.fix.needs_reboot,
                },
            }
            for one in comparison.drifts
        ],
        "unknown": [one._asdict() for one in comparison.unknown],
        "exit_code": comparison.exit_code,
    }
