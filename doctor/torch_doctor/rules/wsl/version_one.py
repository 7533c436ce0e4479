"""This is WSL 1, which has no GPU.

What it checks
    The kernel release: WSL 1 shows 4.4.0 with -Microsoft, WSL 2 a kernel of its own. In a report also its words.
Why it matters
    Only WSL 2 gives a GPU to Linux.
How to fix
    Convert the distribution to WSL 2.
References
    https://docs.nvidia.com/cuda/wsl-user-guide/index.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.fixes import actions as fixes

_KERNEL = regex(r"4\.4\.0-\d+-Microsoft")
_NAMED = regex(
    r"\b(?:using|use|on|in|under|with|have|running) WSL ?1\b(?!\.| or\b|/)|(?:^|[,;(] ?)WSL ?1(?=[,;)]|\s*$)"
    r"|^\W{0,3}WSL ?1 (?:distro\w*|ubuntu|debian|machine)\b",
    re.IGNORECASE,
    ("wsl",),
)


@rule(
    "TD655",
    severity="error",
    cause="wsl",
    breaks="driver",
    explains=(
        "TD651",
        "TD656",
    ),
    about=("kernel_release", "remarks"),
)
def check(
    kernel_release: str | None = None,
    cuda_available: bool | None = None,
    remarks: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    in_words = any(_NAMED.search(remark.text) for remark in remarks)
    if (_KERNEL.match(kernel_release or "") or in_words) and not cuda_available:
        convert = fixes.by_hand(
            "convert the distribution, from Windows (wsl.exe -l lists the names)",
            "wsl.exe --set-version Ubuntu 2",
            scope="host",
        )
        yield finding("driver", "this is WSL 1; only WSL 2 has a GPU", fixes=[convert])
