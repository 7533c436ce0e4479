"""How to get the GPUs that are missing, by what hands them out: a scheduler, a container's engine, or nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sized

from torch_doctor.core.finding import Action
from torch_doctor.core.text import plural
from torch_doctor.fixes import actions as fixes
from torch_doctor.rules.gpu._usable import Usable

SHOW_MACHINE = fixes.ask_fact(
    "show what the machine and its torch are, which the error does not tell",
    "nvidia-smi",
    "python -m torch.utils.collect_env",
)
_OFFERED = (
    "import os, torch; print(os.environ.get('CUDA_VISIBLE_DEVICES'), torch.cuda.device_count())"
)
_LISTED_AND_OFFERED = ("nvidia-smi -L", f'python -c "{_OFFERED}"')
_MASK = "CUDA_VISIBLE_DEVICES"


def ask_for(
    count: int, scheduler: str | None, container: str | None, on_bus: Sized | None = None
) -> Action:
    """Return how to be given *count* GPUs here; *on_bus* are those that this machine has."""
    hands_out = "kubernetes" if "kubernetes" in (scheduler, container) else scheduler
    if hands_out in ("slurm", "ray", "kubernetes"):
        return fixes.ask_scheduler(hands_out, count)
    if container and (on_bus is None or len(on_bus)):
        return fixes.with_gpus()
    return fixes.by_hand(
        f"run it on a machine that has {plural(count, 'GPU')}; a virtual machine has those that its host passes through"
    )


def see_what_hides() -> Action:
    """Return what tells why CUDA offers fewer GPUs than the driver lists."""
    text = "see what hides a GPU that the driver lists: a mask in the program, MIG, or an error of one GPU"
    return fixes.ask_fact(text, *_LISTED_AND_OFFERED)


def see_why_none(errors: Sized) -> Action:
    """Return what tells why torch offers none of the GPUs that are told; *errors* are what it said of it."""
    if errors:
        text = "see whether the driver lists the GPU, and what hides it then: a mask, MIG, or an error of one GPU"
        return fixes.ask_fact(text, *_LISTED_AND_OFFERED)
    text = "see the error of CUDA, which is_available() keeps to itself, and whether the driver lists the GPU"
    code = "import torch; torch.zeros(1).cuda()"
    return fixes.ask_fact(text, f'python -c "{code}"', "nvidia-smi -L")


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
