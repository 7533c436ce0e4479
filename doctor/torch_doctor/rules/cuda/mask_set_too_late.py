"""CUDA_VISIBLE_DEVICES is set, and the program uses other GPUs all the same.

What it checks
    Words of a report that the variable does nothing: "has no effect", "still uses GPU 0", "but it runs on all GPUs".
Why it matters
    CUDA reads the variable once, when it starts in a process. A line of the program that comes later, in another
    process, or that an option of the program overrides, changes nothing.
How to fix
    Set it in the shell that starts the program, or before torch is imported; look for what sets it again.
References
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#env-vars
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes

_NAME = r"CUDA_VISIBLE_DEVICES?"
_NOTHING = (
    r"(?:no|without(?: any)?) effect|n['o]t (?:\w+ ){0,2}(?:work|take effect|seem to work|change|help|respect)\w*"
    r"|not working|help(?:s|ed)? nothing|(?:does|did|do) nothing|(?:no|any) difference"
    r"|doesn['’]?t work|(?:is|was|being|gets?) ignored|useless|[,;:] (?:the )?same thing"
    r"|still (?:us|run|go|train)\w*|always (?:us|run|go)\w*"
    r"|不起作用|无效|没(?:有)?(?:用|效果)|不生效|(?:还是|還是)(?:会|在|只|都|一直){0,2}(?:用|使用|跑|占)|効かない|無視"
)
# a mask of two GPUs uses all of them, and one of one GPU only that: a "but" tells that another was wanted
_OTHER_GPU = (
    r"(?:\b(?:still|keeps?)\b|\b(?:but|yet|however|though)\b[^.;\n]{0,30}\b(?:always|only|all)\b)"
    r"[^.;\n]{0,40}\b(?:gpus?|cuda|device)\b"
)
_WITHOUT_EFFECT = regex(rf"{_NAME}[^\n]{{0,160}}?(?:{_NOTHING}|{_OTHER_GPU})", re.IGNORECASE)
_QUESTION = regex(
    r"\b(?:if|when|whether|unless|should|(?<!why )(?:does|will|would))\b[^.;\n]{0,40}$",
    re.IGNORECASE,
)
_WANTED = regex(rf"{_NAME}['\"\]]{{0,3}}\s?=\s?['\"]?(\d{{1,2}}(?:,\d{{1,2}})*)", re.IGNORECASE)
_AGAIN = fixes.by_hand(
    "look for what sets it again: an option of the program (gpu_devices, --gpu), a launcher, a configuration",
    'grep -rn "CUDA_VISIBLE_DEVICES" --include=*.py .',
)


@rule("TD320", severity="warning", cause="cuda-visible-devices", about=("remarks",))
def check(
    remarks: tuple[ErrorSeen, ...],
    mask_set_by: str | None = None,
) -> Iterator[Draft]:
    for remark in remarks:
        found = _WITHOUT_EFFECT.search(remark.text)
        if found and not _QUESTION.search(remark.text[: found.start()]):
            message = f"CUDA_VISIBLE_DEVICES does not choose the GPU: {one_line(remark.text, 160)}"
            yield finding(
                "environment", message, fixes=[_first(remark.text), _AGAIN], confidence="medium"
            )
            return


def _first(words: str) -> Action:
    """Return how the mask is set in time: the one that the words tell, else the first GPU as an example."""
    wanted = _WANTED.search(words)
    return fixes.change_program(
        "set the variable in the shell that starts the program, or above every import of torch in its first file: "
        "CUDA reads it once, when it starts",
        "import os",
        'os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"',
        f'os.environ["CUDA_VISIBLE_DEVICES"] = "{wanted[1] if wanted else 0}"',
        "import torch",
    )
