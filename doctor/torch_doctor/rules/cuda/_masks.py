"""What shows a program the GPUs that a mask hides, by what wrote the mask."""

from __future__ import annotations

from torch_doctor.core.finding import Action
from torch_doctor.fixes import actions as fixes

# a GPU whose memory is full, or on which a kernel ran, is visible
USED = r"CUDA out of memory|CUDA error: out of memory|illegal memory access|device-side assert"
_OWN_LINE = (
    "remove the line of the program that sets CUDA_VISIBLE_DEVICES (os.environ), or name a GPU that is there: "
    "unsetting it in the shell does nothing"
)
# Where the mask is written down, by what reads it there, and what makes the change count.
_WRITTEN: dict[str, tuple[str, tuple[str, ...]]] = {
    "compose": (
        "take CUDA_VISIBLE_DEVICES out of the compose file, or give it numbers (0), and make the container anew",
        ("docker compose up -d --force-recreate",),
    ),
    "pod": (
        "take CUDA_VISIBLE_DEVICES out of the env of the manifest (the device plugin chooses), and apply it again",
        (),
    ),
    "dockerfile": (
        "take the line of CUDA_VISIBLE_DEVICES out of the Dockerfile and build the image again",
        (),
    ),
    "docker": (
        "start the container without CUDA_VISIBLE_DEVICES (-e): --gpus chooses its GPUs",
        (),
    ),
    "systemd": (
        "take CUDA_VISIBLE_DEVICES out of the unit's Environment=, and start the service again",
        ("sudo systemctl daemon-reload",),
    ),
    "shell-file": (
        "remove the line of the shell's start-up file that sets CUDA_VISIBLE_DEVICES, and open a new shell",
        ("unset CUDA_VISIBLE_DEVICES",),
    ),
}
# These write the mask: whoever asked them for no GPU gets an empty one.
_WRITERS = ("slurm", "ray")


def nameless(entry: str, twice: bool = False) -> str:
    """Return why an *entry* of a mask names no GPU, or is one too many."""
    if twice:
        return f"{entry!r} names a GPU that is named before, and CUDA takes no such mask"
    where = " (that word is for NVIDIA_VISIBLE_DEVICES alone)" if entry == "all" else ""
    return f"{entry!r} names no GPU{where}"


def show_gpus(mask_set_by: str | None, scheduler: str | None) -> Action:
    """Return how the mask goes, for what wrote it: the program itself, a scheduler or the shell."""
    if mask_set_by == "program":
        return fixes.by_hand(_OWN_LINE)
    if mask_set_by in _WRITTEN:
        text, commands = _WRITTEN[mask_set_by]
        return fixes.by_hand(text, *commands)
    if scheduler in _WRITERS:
        return fixes.ask_scheduler(scheduler)
    return fixes.unset_variable("CUDA_VISIBLE_DEVICES", "then every GPU is visible")
