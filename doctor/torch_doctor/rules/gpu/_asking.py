"""How to get the GPUs that are missing, by what hands them out: a scheduler, a container's engine, or nobody."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.text import plural
from torch_doctor.fixes import actions as fixes
from torch_doctor.rules.gpu._usable import Usable

_MASK = "CUDA_VISIBLE_DEVICES"


def ask_for(count: int, scheduler: str | None, container: str | None) -> Action:
    """Return how to be given *count* GPUs here."""
    wanted = plural(count, "GPU")
    if scheduler == "slurm":
        text = f"ask the scheduler for {wanted}: it hides those that the job did not request"
        return fixes.by_hand(text, f"srun --gres=gpu:{count} …")
    if "kubernetes" in (scheduler, container):
        text = (
            f"ask for {wanted} in the Pod: resources.limits nvidia.com/gpu: {count} "
            "(its device plugin must run)"
        )
        return fixes.by_hand(text, scope="container")
    if container:
        return fixes.with_gpus()
    return fixes.by_hand(
        f"run it on a machine that has {wanted}; a virtual machine has those that its host passes through"
    )


def one_process_each() -> Action:
    """Return what to do where CUDA offers one MIG instance and more devices are wanted."""
    text = "start one process per instance, each with a mask of its own, or switch MIG off"
    return fixes.by_hand(text, "sudo nvidia-smi -mig 0", scope="host", root=True)


def edit_mask(required: int, found: Usable) -> Iterator[Action]:
    """Yield how to let *required* GPUs through the mask that hides some of those *found*."""
    yield fixes.unset_variable(_MASK, "then every GPU is visible")
    if required < len(found.answering):
        names = ",".join(str(gpu.index) for gpu in found.answering[:required])
        yield fixes.set_variable(_MASK, names, f"names {required}")
