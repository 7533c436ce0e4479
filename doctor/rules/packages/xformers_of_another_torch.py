"""The installed xformers was built for another torch.

What it checks
    The torch that the xformers release pins, and its own warning that its extensions cannot be loaded.
Why it matters
    Its memory-efficient attention is not available; programs fail or fall back to slower code.
How to fix
    Install the xformers that goes with this torch, from the same index.
References
    https://github.com/facebookresearch/xformers#installing-xformers
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core.rule import Draft, rule
from doctor.rules.packages._companion import Pair, judge

_HARM = r"xFormers can't load C\+\+/CUDA extensions|xformers\S*: undefined symbol"


@rule("TD503", severity="warning", cause="extension-abi-mismatch", explains=())
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
    yield from judge("xformers", pair, matrix, cures, errors, _HARM, gently=True)
