"""docker run: the image with the GPUs and enough shared memory for data loaders."""

from __future__ import annotations

from torch_doctor.core.text import listing
from torch_doctor.recommendation.plans.plan import Plan


def emit(plan: Plan) -> str | None:
    """Return the command, or None where no image of this build is on record."""
    if plan.image is None:
        return None
    gpus = "--runtime nvidia" if plan.platform == "jetson" else "--gpus all"
    return f"docker run --rm -it {gpus} --ipc=host {plan.image}"


def lacking(plan: Plan) -> str:
    """Return what the image of a plan lacks as a comment, for a form that names an image and can add nothing to it."""
    if not plan.not_in_image:
        return ""
    verb = "is" if len(plan.not_in_image) == 1 else "are"
    names = listing(plan.not_in_image)
    return (
        f"# {names} {verb} not in this image: build one with --emit dockerfile, and name it below\n"
    )
