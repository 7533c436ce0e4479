"""WSL reaches the GPU from one terminal and not from another: one of them was started as administrator.

What it checks
    In a report about WSL: words that nvidia-smi, CUDA or the GPU works in one window and not in another, or that it
    depends on the rights of an administrator.
Why it matters
    The WSL of the Store loads the GPU for the user who started it first. A window with other rights gets none.
How to fix
    Shut WSL down, and start it with the same rights everywhere.
References
    https://github.com/microsoft/wslg/issues/918
    https://github.com/microsoft/WSL/issues/9099
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes

_GPU = r"(?i)\bnvidia-smi\b|\bgpus?\b|\bcuda\b"
_ADMIN = (
    r"(?i)\b(?:as|with|without|non-?) ?(?:an? )?(?:admin(?:istrator)?(?: rights?| privileges?)?|elevated)\b"
    r"|\belevated (?:terminal|prompt|shell|powershell|window)|管理员(?:身份|权限)"
)
_NORMAL = r"(?i)\b(?:normal|without|non-?admin\w*|regular|unprivileged|not as)\b"
_SOME = (
    r"(?i)\b(?:in|from) (?:some|one)\b[^.;\n]{0,30}\b(?:terminals?|windows?|tabs?|shells?)\b[^;\n]{0,30}"
    r"\b(?:not|fails?|n['’]t)\b[^;\n]{0,16}\b(?:others?|another)\b"
)
_WORKS = r"(?i)\b(?:works?|fine|ok|okay|shows what)\b|正常|可以"
_FAILS = r"(?i)\b(?:not|fails?|blocked|errors?|cannot|no)\b|n['’]t\b|不|没"
_AGAIN = fixes.by_hand(
    "shut WSL down, and start it without the rights of an administrator in every terminal (Windows Terminal: the "
    'profile\'s "Run this profile as Administrator" off); then update WSL',
    "wsl.exe --shutdown",
    "wsl.exe --update",
    scope="host",
)


@rule("TD663", severity="error", cause="wsl", breaks="library", explains=("TD657",), about=("wsl",))
def check(
    wsl: bool,
    remarks: tuple[ErrorSeen, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    if not wsl or any(result.ok for result in kernel_results):
        return
    for one in (*errors_seen, *remarks):
        text = one.text
        by_rights = re.search(_ADMIN, text) and re.search(_NORMAL, text)
        by_rights = by_rights and re.search(_WORKS, text) and re.search(_FAILS, text)
        if re.search(_GPU, text) and (by_rights or re.search(_SOME, text)):
            message = (
                "WSL reaches the GPU from one terminal and not from another: their rights differ"
            )
            yield finding("driver", message, fixes=[_AGAIN], confidence="medium")
            return
