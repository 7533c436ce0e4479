"""The installed torchtext was built for another torch.

What it checks
    The torch that the torchtext release pins, and errors of the loader about its library.
Why it matters
    libtorchtext.so does not load. torchtext ended with 0.18: no release follows newer torch versions.
How to fix
    Remove torchtext, or keep the torch that it was built for.
References
    https://github.com/pytorch/text
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, rule
from torch_doctor.rules.packages._companion import BesideTorch, judge

_HARM = r"libtorchtext\S*.{0,60}(?:undefined symbol|Symbol not found)"


@rule(
    "TD506",
    severity="warning",
    cause="extension-abi-mismatch",
    about=("packages:torchtext", "errors"),
)
def check(facts: BesideTorch) -> Iterator[Draft]:
    yield from judge("torchtext", _HARM, facts, gently=True)
