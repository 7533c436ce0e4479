"""PyTorch is not installed in this Python environment.

What it checks
    Whether the target environment has a torch package.
Why it matters
    Nothing can run without it; often it is installed in another environment than the one in use.
How to fix
    Install it, or point torch-doctor (and yourself) at the environment that has it.
References
    https://pytorch.org/get-started/locally/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Reason, Unavailable
from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes.cures import Cures


@rule("TD401", severity="error", cause="torch-not-installed")
def check(
    torch_version: Fact[TorchVersion],
    gpus: tuple[Gpu, ...],
    cures: Cures,
    python_executable: str | None = None,
) -> Iterator[Draft]:
    if not isinstance(torch_version, Unavailable) or torch_version.reason is not Reason.NOT_PRESENT:
        return
    message = "torch is not installed in this Python environment"
    yield finding("torch", message, fixes=cures.another_build()[:1])
