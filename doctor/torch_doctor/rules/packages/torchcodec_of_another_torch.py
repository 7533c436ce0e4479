"""The installed torchcodec goes with another torch.

What it checks
    The torch that the torchcodec release was made for, and its own message that its libraries cannot be loaded.
Why it matters
    Reading audio and video fails; torchaudio 2.9 and newer read files through torchcodec.
How to fix
    Install the torchcodec that goes with this torch.
References
    https://github.com/pytorch/torchcodec#installing-torchcodec
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, rule
from torch_doctor.rules.packages._companion import BesideTorch, judge

_HARM = r"Could not load libtorchcodec.{0,2000}(?:undefined symbol|not compatible)"


@rule(
    "TD505",
    severity="warning",
    cause="extension-abi-mismatch",
    about=("packages:torchcodec", "errors"),
)
def check(facts: BesideTorch) -> Iterator[Draft]:
    yield from judge("torchcodec", _HARM, facts, gently=True)
