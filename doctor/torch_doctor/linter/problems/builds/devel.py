"""Images that ship a compiler and compile nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.linter.project import LintProject
from torch_doctor.linter.record import Flaw, InstallStep, RunStep

PROBLEMS = {
    "devel-in-production": "The last stage of an image is a devel image, and nothing in it is compiled."
}


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield last stages that carry gigabytes of a toolkit that nothing in the file uses."""
    for setup in project.setups:
        environment = setup.environment
        image = environment.image
        if (
            environment.kind != "dockerfile"
            or not environment.final
            or image is None
            or image.role == "stage"
        ):
            continue
        if setup.base is None or setup.base.kind != "devel" or setup.base.repository == "":
            continue
        text = " ".join(
            " ".join(step.words) if isinstance(step, RunStep)
            else " ".join(f"{one.name} {one.url}" for one in step.requirements) if isinstance(step, InstallStep)
            else f"{step.name}"
            for step in environment.all_steps
        )  # fmt: skip
        if re.search(r"\b(?:CMD|ENTRYPOINT)\b", text) and not re.search(
            r"nvcc|cmake|make\b|setup\.py|git\+|git\b|ninja|flash|gcc|g\+\+|build|deepspeed|vllm|sglang|triton|ARCH|apex",
            text,
        ):
            message = (
                "this image carries a toolkit to compile with, and nothing in the file compiles"
            )
            fix = "start the last stage from the runtime image of the same release"
            yield Flaw("devel-in-production", Severity.NOTE, image.spot, message, fix)
