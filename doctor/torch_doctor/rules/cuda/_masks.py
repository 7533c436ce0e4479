"""What shows a program the GPUs that a mask hides, by what wrote the mask."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.rule import Draft, finding
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line, plural
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.law.masks import Mask
from torch_doctor.matrix.signatures import Errors

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
_COUNTED = r"(?<!Error 101: )invalid device ordinal|But your machine only has: \[\d"
NO_GPUS = ("torch_no_gpus", "cuda_100_no_device")
_HARD_CODED = regex(r"(?i)hard.?cod\w*\b.{0,60}\bCUDA_VISIBLE_D|CUDA_VISIBLE_D.{0,60}\bhard.?cod")
# torch sees the GPU outside of the program: "is_available() is True, but …", "all my other projects use the GPU"
_SEEN_ELSEWHERE = (
    r"is_available(?:\(\))?[`'\")*]{0,3}[^.;\n]{0,24}\bTrue\b"
    r"|\b(?:cuda|gpus?)\b[^.;\n]{0,40}\b(?:works?|worked|runs?|fine|available|detected)\b[^.;\n]{0,24}"
    r"\b(?:in|for|with) (?:all |my |any |the )*(?:other |another )"
    r"(?:projects?|programs?|scripts?|code|models?|notebooks?)\b"
    r"|\bother (?:(?:py)?torch )?(?:projects?|programs?|scripts?|models?|notebooks?) "
    r"(?:\w+ ){0,3}(?:on|with|use|uses|using) (?:my |the )?gpu\b"
    r"|(?:其他|别的)(?:项目|程序|代码|脚本)[^。;\n]{0,16}(?:可以|正常|没问题|能用)"
)
# These write the mask: whoever asked them for no GPU gets an empty one.
_WRITERS = ("slurm", "ray")


def nameless(entry: str, twice: bool = False) -> str:
    """Return why an *entry* of a mask names no GPU, or is one too many."""
    if twice:
        return f"{entry!r} names a GPU that is named before, and CUDA takes no such mask"
    where = " (that word is for NVIDIA_VISIBLE_DEVICES alone)" if entry == "all" else ""
    return f"{entry!r} names no GPU{where}"


def in_program(
    remarks: tuple[ErrorSeen, ...], errors: Errors, seen: bool | None, *, named: bool, alone: bool
) -> Iterator[Draft]:
    """Yield that a program hides the GPUs itself: words or code tell it (*named*), or torch sees them outside of it.

    *seen* is what is_available() said. The last counts where the program runs *alone*: in a job or a container, it may
    be that which has none.
    """
    if not errors.of(*NO_GPUS):
        return
    hard_coded = next((remark for remark in remarks if _HARD_CODED.search(remark.text)), None)
    message = None
    if hard_coded:
        message = f"the program sets CUDA_VISIBLE_DEVICES itself: {one_line(hard_coded.text, 120)}"
    elif named:
        message = "the program's own code sets CUDA_VISIBLE_DEVICES, and it sees no GPU"
    elif alone and (seen or _uses_it_elsewhere(remarks, errors)):
        message = (
            "torch sees the GPU outside of this program, which sees none: most likely it sets CUDA_VISIBLE_DEVICES "
            "itself, from an option or a default that names GPUs of another machine"
        )
    if message:
        cure = show_gpus("program", None)
        yield finding("environment", message, fixes=[cure], confidence="medium")


def _uses_it_elsewhere(remarks: tuple[ErrorSeen, ...], errors: Errors) -> bool:
    """Whether words say that other programs have the GPU."""
    if errors.matching(_SEEN_ELSEWHERE):
        return True
    return any(re.search(_SEEN_ELSEWHERE, remark.text, re.IGNORECASE) for remark in remarks)


def show_gpus(mask_set_by: str | None, scheduler: str | None, *, asked: bool = False) -> Action:
    """Return how the mask goes, for what wrote it: the program itself, a scheduler or the shell.

    A scheduler that was *asked* for GPUs numbers those of the node, where the job may see its own alone.
    """
    if mask_set_by == "program":
        return fixes.by_hand(_OWN_LINE)
    if mask_set_by in _WRITTEN:
        text, commands = _WRITTEN[mask_set_by]
        return fixes.by_hand(text, *commands)
    if scheduler in _WRITERS and asked:
        why = "the scheduler numbers the GPUs of the node, and the job sees its own alone, from 0"
        return fixes.unset_variable("CUDA_VISIBLE_DEVICES", why)
    if scheduler in _WRITERS:
        return fixes.ask_scheduler(scheduler)
    return fixes.unset_variable("CUDA_VISIBLE_DEVICES", "then every GPU is visible")


def blames(mask: str) -> str:
    """Return what a *mask* does to the GPUs that nobody listed."""
    empty = mask.strip() in ("", "-1", "NoDevFiles", "none", "void", "off", "cpu")
    return "hides every GPU" if empty else "names a GPU that is not there: no GPU is visible"


def counted(errors: Errors, cuda_available: bool | None, set_by: str | None) -> bool:
    """Whether CUDA answered and so counts GPUs: it stands behind another mask, or the list is short."""
    if errors.matching(_COUNTED):
        return True
    return bool(cuda_available) and set_by != "program" and not errors.of(*NO_GPUS)


def left(mask: Mask) -> str:
    """Return what can be used of a *mask* with an entry that names no GPU."""
    return f"so only {plural(len(mask.visible), 'GPU')} before it can be used"
