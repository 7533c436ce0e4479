"""How to get the GPUs that are missing, by what hands them out: a scheduler, a container's engine, or nobody."""

from __future__ import annotations

from torch_doctor.core.finding import Action
from torch_doctor.core.text import plural
from torch_doctor.fixes import actions as fixes


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
