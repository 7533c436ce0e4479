"""What shows a program the GPUs that a mask hides, by what wrote the mask."""

from __future__ import annotations

from torch_doctor.core.finding import Action
from torch_doctor.fixes import actions as fixes
from torch_doctor.rules.gpu._asking import ask_for

_OWN_LINE = (
    "remove the line of the program that sets CUDA_VISIBLE_DEVICES (os.environ), or name a GPU that is there: "
    "unsetting it in the shell does nothing"
)
# A scheduler writes the mask: whoever asked it for no GPU gets an empty one.
_ASK = {
    "ray": ("ask Ray for a GPU: num_gpus=1 at the actor or task (@ray.remote(num_gpus=1))",),
}


def show_gpus(mask_set_by: str | None, scheduler: str | None) -> Action:
    """Return how the mask goes, for what wrote it: the program itself, a scheduler or the shell."""
    if mask_set_by == "program":
        return fixes.by_hand(_OWN_LINE)
    if scheduler == "slurm":
        return ask_for(1, scheduler, None)
    if scheduler and scheduler in _ASK:
        return fixes.by_hand(*_ASK[scheduler])
    return fixes.unset_variable("CUDA_VISIBLE_DEVICES", "then every GPU is visible")
