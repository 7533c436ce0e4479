"""The installed torchvision was built for another torch.

What it checks
    The version of torchvision against the torch that its release goes with, and the CUDA of both.
Why it matters
    Its compiled operators do not load: operator torchvision::nms does not exist.
How to fix
    Install the torchvision that goes with this torch, from the same index.
References
    https://github.com/pytorch/pytorch/blob/main/RELEASE.md#release-compatibility-matrix
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core.rule import Draft, finding, rule
from doctor.matrix.companions import judge_companion


@rule("TD501", severity="error", cause="torchvision-mismatch")
def check(packages, torch_version, matrix: object, cures: object, torch_cuda=None) -> Iterator[Draft]:
    mismatch = judge_companion("torchvision", packages, torch_version, torch_cuda, matrix)
    if mismatch:
        yield finding(
            "torchvision",
            mismatch.message,
            because=mismatch.because,
            severity=mismatch.severity,
            fixes=cures.companion("torchvision"),
        )
