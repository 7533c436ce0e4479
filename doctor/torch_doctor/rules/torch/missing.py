"""PyTorch is not installed in this Python environment.

What it checks
    Whether the target environment has a torch package. Where there is no GPU either, it is a note.
Why it matters
    Nothing can run without it; often it is installed in another environment than the one in use.
How to fix
    Point torch-doctor (and yourself) at the environment that has it, or install it; recommend says which build.
References
    https://pytorch.org/get-started/locally/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known, Reason, Unavailable
from torch_doctor.core.finding import Severity
from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.fixes.quoting import word


@rule("TD401", severity="error", cause="torch-not-installed")
def check(
    torch_version: Fact[TorchVersion],
    gpus: Fact[tuple[Gpu, ...]],
    cures: Cures,
    torch_elsewhere: tuple[str, ...] = (),
    python_executable: str | None = None,
) -> Iterator[Draft]:
    if not isinstance(torch_version, Unavailable) or torch_version.reason is not Reason.NOT_PRESENT:
        return
    here = gpus.value if isinstance(gpus, Known) else ()
    looked = isinstance(gpus, Known) or gpus.reason.is_answer
    if not looked:
        return
    others = [
        fixes.by_hand(f"use the environment that has torch, {path}", f"torch-doctor {word(path)}")
        for path in torch_elsewhere[:2]
    ]
    if here:
        message = "torch is not installed in this Python environment"
        yield finding("torch", message, fixes=[*others, *cures.another_build()[:1]])
        return
    which = [
        fixes.by_hand(
            "name the environment that has it: torch-doctor PATH, or --python with its interpreter"
        ),
        fixes.by_hand(
            "see which build to install: on the machine itself, or anywhere with --gpu and the name of its GPU",
            "torch-doctor recommend",
        ),
    ]
    message = "there is no PyTorch in this environment"
    yield finding("torch", message, severity=Severity.NOTE, fixes=others or which)
