"""Does somebody say that a GPU is divided by MIG? Words are all that many reports have of it."""

from __future__ import annotations

import re

from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.startup import regex

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


def say_sliced(remarks: tuple[ErrorSeen, ...]) -> bool:
    """Whether words say that MIG is in use."""
    return any(_IN_WORDS.search(remark.text) for remark in remarks)
