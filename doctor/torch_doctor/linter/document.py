"""The answer as plain values: the documented JSON form of lint."""

from __future__ import annotations

from torch_doctor import __version__
from torch_doctor.core.about import SCHEMA_VERSION
from torch_doctor.core.finding import Severity
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.linter.check import LintAnswer
from torch_doctor.linter.record import Flaw
from torch_doctor.linter.since import Since

if TYPE_CHECKING:
    from torch_doctor.core.version import DriverRelease
    from torch_doctor.linter.evaluate.drivers import LeastDriver


def document(answer: LintAnswer, exit_code: int) -> dict[str, Any]:
    """Return the answer as JSON values; docs/lint.md says what they mean."""
    counts = {str(severity): 0 for severity in sorted(Severity, reverse=True)}
    for flaw in answer.flaws:
        counts[str(flaw.severity)] += 1
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "torch-doctor", "version": __version__},
        "matrix": {"version": answer.matrix_version, "digest": answer.matrix_digest},
        "files": list(answer.files),
        "findings": [_flaw(flaw) for flaw in answer.flaws],
        "ignored": [_flaw(flaw) for flaw in answer.ignored],
        "unknown": [
            {"file": one.spot.file, "line": one.spot.line, "what": one.what}
            for one in answer.unsure
        ],
        "counts": counts,
        "exit_code": exit_code,
        **({"since": _since(answer.since)} if answer.since is not None else {}),
    }


def _since(since: Since) -> dict[str, Any]:
    before, now = since.least
    return {
        "revision": since.revision,
        "kept": [_flaw(flaw) for flaw in since.kept],
        "mended": [_flaw(flaw) for flaw in since.mended],
        "minimum_driver": {"before": _release(before), "now": _release(now)},
        "drivers": [
            {"before": _driver(change.before), "now": _driver(change.now)}
            for change in since.drivers
        ],
    }


def _release(release: DriverRelease | None) -> str | None:
    return None if release is None else str(release)


def _driver(one: LeastDriver | None) -> dict[str, Any] | None:
    if one is None:
        return None
    place = {"file": one.file, "line": one.spot.line, "name": one.name}
    return {**place, "release": _release(one.release), "what": one.what}


def _flaw(flaw: Flaw) -> dict[str, Any]:
    return {
        "problem": flaw.problem,
        "severity": str(flaw.severity),
        "file": flaw.spot.file,
        "line": flaw.spot.line,
        "column": flaw.spot.column,
        "message": flaw.message,
        "fix": flaw.fix,
        "text": flaw.text,
        "because": [
            {
                "row": row.row,
                "source": row.source,
                "checked": row.checked,
                "how": row.how,
                "confidence": row.confidence,
            }
            for row in flaw.because
        ],
        "reason": flaw.reason,
        "accepted_in": flaw.accepted_in,
        "not_accepted": flaw.not_accepted,
    }
