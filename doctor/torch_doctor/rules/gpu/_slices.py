"""Does somebody say that a GPU is divided by MIG? Words are all that many reports have of it."""

from __future__ import annotations

import re

from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.startup import regex
from torch_doctor.fixes import actions as fixes

# Who has instances and gets no second device; that MIG is off, or only asked about, says nothing.
_IN_WORDS = regex(
    r"(?<!no )(?<!not )(?<!without )\bMIG\b[- ]?(?:GPU )?"
    r"(?:instances?|slices?|devices?|partitions?|mode|enabled|is on\b)(?! (?:is |was )?(?:off|disabled))"
    r"|(?<!not )(?<!n't )(?<!without )\b(?:using|uses?|with|under|via|by) MIG\b"
    r"(?! (?:mode )?(?:is |was )?(?:off|disabled))"
    r"|(?<!no )(?<!not )(?<!without )\bmulti[- ]instance GPUs?\b(?! (?:mode )?(?:is |was )?(?:off|disabled))",
    re.IGNORECASE,
    ("mig", "multi"),
)


# Several instances in one job: "tensor parallel over two MIG slices", "across 2 GPU MIG partitions".
_IN_ONE_JOB = regex(
    r"\b(?:across|over|on|with|use|using|both|between)\b(?: (?!of\b|each\b)[\w-]+){0,3}"
    r" (?:two|three|four|seven|both|several|multiple|all|[2-7])\b"
    r"[^.;\n]{0,24}\b(?:MIG|instances|slices|partitions)\b",
    re.IGNORECASE,
    ("mig", "instances", "slices", "partitions"),
)
ONE_EACH = fixes.by_hand(
    "run one process, and so one model, on each MIG instance, with its UUID as CUDA_VISIBLE_DEVICES: CUDA gives a "
    "process one instance, and tensor parallelism over several is not possible; for more memory take a larger "
    "instance, or the whole GPU with MIG off",
    "nvidia-smi -L",
)


def wants_several(remark: ErrorSeen) -> bool:
    """Whether words want several instances for one job."""
    return _IN_ONE_JOB.search(remark.text) is not None


def say_sliced(remarks: tuple[ErrorSeen, ...]) -> bool:
    """Whether words say that MIG is in use."""
    return any(_IN_WORDS.search(remark.text) for remark in remarks)
