"""torch.compile, or a package with kernels of its own, wants triton, and there is none.

What it checks
    Inductor's words "Cannot find a working triton installation", and an installer that found no triton for the system.
Why it matters
    The index has triton's wheels for some systems only. On Windows triton-windows takes its place, with the same
    numbers. Plain torch runs without it.
How to fix
    Install the triton that goes with the torch, or leave torch.compile out.
References
    https://github.com/triton-lang/triton-windows
    https://docs.pytorch.org/docs/stable/torch.compiler_troubleshooting.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import KernelResult, UnresolvedRequirement
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.packages._companion import published_systems, triton_for_windows

_TEXT = r"Cannot find a working triton installation|\bTritonMissing\b"
_TRITON = r"(?:pytorch-)?triton(?![\w-])"
_OFF = (
    "leave torch.compile out (a flag of the program, or this variable): the code then runs as it is"
)


@rule(
    "TD532",
    severity="error",
    cause="triton-mismatch",
    explains=("TD511", "TD531"),
    about=("unresolved", "errors"),
)
def check(
    matrix: Matrix,
    cures: Cures,
    unresolved: tuple[UnresolvedRequirement, ...] = (),
    torch_version: TorchVersion | None = None,
    os_family: str | None = None,
    wsl: bool | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    wishes = [wish for wish in unresolved if re.match(_TRITON, wish.requirement, re.IGNORECASE)]
    published, receipts = published_systems("triton", matrix)
    # offered nothing: for the systems that the index has triton for, it has it for every Python
    elsewhere = os_family not in published and any(wish.offered == () for wish in wishes)
    seen = errors.matching(_TEXT)
    if not (seen or elsewhere) or (kernel_results and not seen):
        return
    message = "torch.compile finds no triton" if seen else "the index has no triton for that system"
    windows = os_family == "windows" and not wsl
    alone = bool(published) and (elsewhere or (windows and os_family not in published))
    if alone:
        message += f": its wheels are for {' and '.join(sorted(published)).title()} alone"
    off = fixes.set_variable("TORCHDYNAMO_DISABLE", "1", _OFF)
    own = [*cures.companion("triton")] or [cures.put("install triton", "triton")]
    ported = triton_for_windows(torch_version, matrix) if windows or os_family is None else None
    install = [ported] if ported and (windows or elsewhere) else [] if elsewhere else own
    because = receipts if alone else ()
    yield finding("triton", message, because=because, fixes=[*install, off], confidence="medium")
