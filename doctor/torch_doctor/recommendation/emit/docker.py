"""docker run: the image with the GPUs and enough shared memory for data loaders."""

from __future__ import annotations

from torch_doctor.recommendation.plans.plan import Plan


def emit(plan: Plan) -> str | None:
    """Return the command, or None where no image of this build is on record."""
    if plan.image is None:
        return None
    gpus = "--runtime nvidia" if plan.platform == "jetson" else "--gpus all"
    return f"docker run --rm -it {gpus} --ipc=host {plan.image}"
