"""ldconfig complains that WSL's libcuda is not a symbolic link.

What it checks
    "/usr/lib/wsl/lib/libcuda.so.1 is not a symbolic link" in an error text.
Why it matters
    It does not: WSL puts a file where ldconfig expects a link. CUDA works, and package scripts that stop
    at the message need no more than to be run again.
How to fix
    Nothing is needed.
References
    https://docs.nvidia.com/cuda/wsl-user-guide/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.matrix.signatures import Errors


@rule("TD652", severity="note")
def check(errors: Errors) -> Iterator[Draft]:
    if errors.of("wsl_library_no_link"):
        message = (
            "ldconfig's complaint that libcuda.so.1 is not a symbolic link is harmless under WSL"
        )
        yield finding("driver", message, because=errors.receipts("wsl_library_no_link"))
