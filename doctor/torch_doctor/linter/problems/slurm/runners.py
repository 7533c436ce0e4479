"""Jobs for hosted runners that are gone."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.linter.project import LintProject
from torch_doctor.linter.record import Flaw, RunStep
from torch_doctor.matrix.store import receipt

PROBLEMS = {
    "runner-image-gone": "A job asks for a hosted runner that was removed: it never starts."
}


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield jobs whose only label is one that ended."""
    gone = {row.label: row for row in project.matrix.hosted_runners}
    for setup in project.setups:
        for step in setup.environment.steps:
            if (
                not isinstance(step, RunStep)
                or step.words[:1] != ("runs-on",)
                or len(step.words) != 2
            ):
                continue
            row = gone.get(step.words[1])
            if row is not None and row.ended < project.matrix.version:
                message = f"the runner {row.label} was removed on {row.ended}: the job waits for ever, or fails"
                fix = "take a newer label"
                yield Flaw(
                    "runner-image-gone",
                    Severity.ERROR,
                    step.spot,
                    message,
                    fix,
                    (receipt("hosted_runners", row),),
                )
