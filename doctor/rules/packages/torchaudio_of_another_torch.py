"""The installed torchaudio was built for another torch.

What it checks
    The version of torchaudio against the torch that its release goes with, and the CUDA of both.
Why it matters
    Its compiled operators do not load: undefined symbol in libtorchaudio.
How to fix
    Install the torchaudio that goes with this torch, from the same index.
References
    https://github.com/pytorch/pytorch/blob/main/RELEASE.md#release-compatibility-matrix
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core.rule import Draft, finding, rule
from doctor.matrix.companions import judge_companion


@rule("TD502", severity="error", cause="torchaudio-mismatch")
def check(packages, torch_version, matrix: object, cures: object, torch_cuda=None) -> Iterator[Draft]:
    mismatch = judge_companion("torchaudio", packages, torch_version, torch_cuda, matrix)
    if mismatch:
        yield finding(
            "torchaudio",
            mismatch.message,
            because=mismatch.because,
            severity=mismatch.severity,
            fixes=cures.companion("torchaudio"),
        )
