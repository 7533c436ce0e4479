"""The installed torchao was built for another torch.

What it checks
    What the matrix records of the torchao release, and its own message that its extensions are skipped.
Why it matters
    torchao runs without its compiled kernels, or fails where they are needed.
How to fix
    Install the torchao that was released with this torch.
References
    https://github.com/pytorch/ao/issues/2919
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core.rule import Draft, rule
from doctor.rules.packages._companion import Pair, judge

_HARM = r"torchao\S*: undefined symbol|Failed to load \S*torchao\S*: .{0,200}undefined symbol"


@rule("TD507", severity="warning", cause="extension-abi-mismatch", explains=())
def check(
    matrix: object,
    cures: object,
    errors: object,
    packages=(),
    torch_version=None,
    torch_cuda=None,
    kernel_results=(),
    errors_seen=(),
) -> Iterator[Draft]:
    ran = any(result.ok for result in kernel_results)
    pair = Pair(packages, torch_version, torch_cuda, ran)
    yield from judge("torchao", pair, matrix, cures, errors, _HARM, gently=True)
