"""Windows refuses a path of torch's files because it is too long.

What it checks
    An install of torch that ends with WinError 206, or with pip's hint about support for long paths.
Why it matters
    The install breaks off in the middle: torch, or a part of it, is not there.
How to fix
    Let Windows take long paths, or install into a folder with a short path; then install torch again.
References
    https://learn.microsoft.com/en-us/windows/win32/fileio/maximum-file-path-limitation
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors

# a path that is not shown, or that is of torch or of what comes with it
_OF_TORCH = (
    r"[\\/]torch|\btorch\b|WinError 206\b"
    r"(?!.*site-packages[\\/]{1,2}(?![\\/]|torch|functorch|caffe2|nvidia|triton))"
)
_SHORT = fixes.by_hand(
    "install the program, or make the environment, in a folder with a short path (C:\\lab)"
)


@rule("TD440", severity="error", cause="torch-install-broken", breaks="import", explains=("TD404",))
def check(errors: Errors, cures: Cures) -> Iterator[Draft]:
    refused = errors.of("windows_path_too_long")
    if not refused or not errors.matching(_OF_TORCH):
        return
    allow = fixes.by_hand(
        "let Windows take long paths, in a PowerShell of the administrator, then start Windows again",
        "New-ItemProperty -Path HKLM:\\SYSTEM\\CurrentControlSet\\Control\\FileSystem -Name LongPathsEnabled "
        "-Value 1 -PropertyType DWORD -Force",
        scope="host",
        root=True,
        reboot_needed=True,
    )
    yield finding(
        "torch",
        f"a path is too long for Windows, and the install broke off: {one_line(refused[0].text, 200)}",
        because=errors.receipts("windows_path_too_long"),
        fixes=[fixes.in_turn(allow, cures.torch_again()), _SHORT],
    )
