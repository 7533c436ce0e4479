"""Problems as SARIF 2.1.0, for code scanning."""

from __future__ import annotations

from torch_doctor import __version__
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.text import one_line
from torch_doctor.render.laid_out import dump
from torch_doctor.render.lint.words import rows

if TYPE_CHECKING:
    from torch_doctor.linter.check import LintAnswer
    from torch_doctor.linter.record import Flaw

_DOCS = "https://github.com/torch-doctor/torch-doctor/blob/main/docs/problems.md#"


def render(answer: LintAnswer, exit_code: int) -> str:
    """Return the answer as a SARIF log with one run."""
    names = sorted({flaw.problem for flaw in (*answer.flaws, *answer.ignored)})
    driver = {
        "name": "torch-doctor",
        "semanticVersion": __version__,
        "informationUri": "https://github.com/torch-doctor/torch-doctor",
        "rules": [
            {
                "id": name,
                "shortDescription": {"text": name.replace("-", " ")},
                "helpUri": f"{_DOCS}{name}",
            }
            for name in names
        ],
    }
    results = [_result(flaw) for flaw in (*answer.flaws, *answer.ignored)]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": exit_code != 2, "exitCode": exit_code}],
        "results": results,
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return dump(log)


def _result(flaw: Flaw) -> dict[str, Any]:
    from urllib.parse import quote

    region: dict[str, Any] = {"startLine": flaw.spot.line}
    if flaw.spot.column:
        region["startColumn"] = flaw.spot.column
    made: dict[str, Any] = {
        "ruleId": flaw.problem,
        "level": str(flaw.severity),
        # A viewer reads [text](n) in a message as a link to a location.
        "message": {"text": "\n".join(rows(flaw)).replace("[", "\\[").replace("]", "\\]")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(flaw.spot.file)},
                    "region": region,
                }
            }
        ],
    }
    if flaw.reason:
        in_source = flaw.accepted_in.rpartition(":")[0] == flaw.spot.file
        kind = "inSource" if in_source else "external"
        made["suppressions"] = [{"kind": kind, "justification": one_line(flaw.reason)}]
    return made
