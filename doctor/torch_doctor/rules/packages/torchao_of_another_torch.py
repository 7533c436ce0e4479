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

from torch_doctor.core.rule import Draft, rule
from torch_doctor.rules.packages._companion import BesideTorch, judge

# Where it skips its own kernels, it goes on without them.
_HARM = (
    r"(?<!cpp extensions: )(?<!\S)\S*torchao\S*: undefined symbol"
    r"|Failed to load \S*torchao\S*: .{0,200}undefined symbol"
)


@rule("TD507", severity="warning", cause="extension-abi-mismatch", about=("errors",))
def check(facts: BesideTorch) -> Iterator[Draft]:
    yield from judge("torchao", _HARM, facts, gently=True)
