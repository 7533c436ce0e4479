"""A program imports triton, and there is none.

What it checks
    Imports that find no module triton. Who says that it goes on without triton is left alone.
Why it matters
    A server whose kernels are triton's stops there, and so does torch.compile; eager torch runs.
How to fix
    Install the triton that goes with the torch: it was left out by an install without dependencies, or its wheels are
    for another system.
References
    https://github.com/triton-lang/triton
    https://github.com/triton-lang/triton-windows
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.packages._companion import triton_for_windows

_ABSENT = r"\bno module (?:named |called )?[`'\"]{0,2}triton[`'\"]{0,2}(?![\w-]|\.\w)"
_GOES_ON = (
    r"matching triton is not available|some optimizations will not be enabled|triton is not (?:available|installed)"
    r"|without triton|optional"
)

_AS_TORCH_ASKS = fixes.by_hand(
    "install triton in the release that torch asks for, which this prints; where it prints none, install the same "
    "torch again, with its dependencies",
    'python -c "from importlib.metadata import requires; '
    "print([r for r in requires('torch') if 'triton' in r])\"",
)


@rule("TD537", severity="warning", cause="triton-mismatch", explains=("TD511", "TD531"))
def check(
    errors: Errors,
    matrix: Matrix,
    cures: Cures,
    torch_version: TorchVersion | None = None,
    os_family: str | None = None,
    wsl: bool | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    if not errors.matching(_ABSENT) or errors.matching(_GOES_ON) or kernel_results:
        return
    own = [*cures.companion("triton")] or [_AS_TORCH_ASKS]
    if os_family == "windows" and not wsl:
        own = [triton_for_windows(torch_version, matrix)]
    message = "a program imports triton, which is not installed"
    yield finding("triton", message, fixes=own, confidence="medium")
