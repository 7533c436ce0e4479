"""A package has no build for the system that it is installed on.

What it checks
    In a report from Windows: an install that found nothing, a build that failed, or a compiled module that is
    not there, of a package whose wheels are for Linux alone (vLLM, sgl-kernel).
Why it matters
    pip takes the source archive, or nothing: what comes out has no kernels, or does not come out.
How to fix
    Run the program in WSL 2, in a container or on Linux.
References
    https://docs.vllm.ai/en/latest/getting_started/installation/gpu.html
    https://docs.sglang.ai/get_started/install.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import KernelResult, UnresolvedRequirement
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.packages._companion import published_systems

_WSL = fixes.by_hand(
    "run it under Linux: on Windows in WSL 2 (wsl --install, then install it there), or in a container of its makers "
    "by Docker Desktop"
)


@rule(
    "TD535",
    severity="error",
    cause="python-without-wheels",
    explains=("TD303", "TD304", "TD305", "TD307", "TD534", "TD853"),
    about=("unresolved", "errors"),
)
def check(
    os_family: str,
    matrix: Matrix,
    wsl: bool | None = None,
    container: str | None = None,
    unresolved: tuple[UnresolvedRequirement, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if os_family != "windows" or wsl or container:
        return
    for name in (row.package for row in matrix.companion_traits):
        if not _fails(name, unresolved, errors):
            continue
        systems, receipts = published_systems(name, matrix)
        ported, _ = published_systems(f"{name}-windows", matrix)
        if systems != {"linux"} or ported:
            continue
        message = (
            f"{name} has wheels for Linux alone, and none for the system that it was installed on"
        )
        yield finding(name, message, because=receipts, fixes=[_WSL], confidence="medium")
        return


def _fails(name: str, unresolved: tuple[UnresolvedRequirement, ...], errors: Errors) -> bool:
    """Whether an installer found no *name* or could not build it, or its compiled module is not there."""
    form = name.replace("-", "[-_]")
    wished = any(re.match(rf"{form}(?![\w-])", wish.requirement) for wish in unresolved)
    words = (
        rf"(?:Failed (?:building|to build)(?: (?:wheel|editable))?(?: for)?|Could not build wheels for) {form}\b"
        rf"|No module named '{form.replace('[-_]', '_')}\._C"
    )
    return wished or bool(errors.matching(words))
