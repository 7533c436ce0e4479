"""The installed fbgemm-gpu or torchrec was built for another torch.

What it checks
    The torch that the makers name for each release of the two, and errors of the loader about FBGEMM's library.
Why it matters
    FBGEMM's operators do not load, and torchrec, which is made of them, does not import. Their metadata names no torch.
How to fix
    Install the pair of the two that goes with the torch that is installed.
References
    https://pytorch.org/torchrec/setup-torchrec.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, rule
from torch_doctor.rules.packages._companion import BesideTorch, judge

_HARM = r"fbgemm_gpu\S*.{0,60}(?:undefined symbol|Symbol not found)"


@rule(
    "TD538",
    severity="warning",
    cause="extension-abi-mismatch",
    about=("packages:fbgemm-gpu", "packages:torchrec", "errors"),
)
def check(facts: BesideTorch) -> Iterator[Draft]:
    yield from judge("fbgemm-gpu", _HARM, facts, gently=True)
    yield from judge("torchrec", _HARM, facts, gently=True)
