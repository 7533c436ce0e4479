"""What shows a program the GPUs that a mask hides, by what wrote the mask."""

from __future__ import annotations

from torch_doctor.core.finding import Action
from torch_doctor.fixes import actions as fixes

_OWN_LINE = (
    "remove the line of the program that sets CUDA_VISIBLE_DEVICES (os.environ), or name a GPU that is there: "
    "unsetting it in the shell does nothing"
)
# These write the mask: whoever asked them for no GPU gets an empty one.
_WRITERS = ("slurm", "ray")


def show_gpus(mask_set_by: str | None, scheduler: str | None) -> Action:
    """Return how the mask goes, for what wrote it: the program itself, a scheduler or the shell."""
    if mask_set_by == "program":
        return fixes.by_hand(_OWN_LINE)
    if scheduler in _WRITERS:
        return fixes.ask_scheduler(scheduler)
    return fixes.unset_variable("CUDA_VISIBLE_DEVICES", "then every GPU is visible")
