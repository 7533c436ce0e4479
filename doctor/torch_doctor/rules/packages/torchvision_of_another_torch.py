"""The installed torchvision was built for another torch.

What it checks
    The version of torchvision against the torch that its release goes with, the CUDA of both, and the errors that a
    mixed pair gives.
Why it matters
    Its compiled operators do not load: operator torchvision::nms does not exist.
How to fix
    Install the torchvision that goes with this torch, from the same index.
References
    https://github.com/pytorch/pytorch/blob/main/RELEASE.md#release-compatibility-matrix
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, rule
from torch_doctor.rules.packages._companion import BesideTorch, judge

_HARM = (
    r"operator torchvision::\w+ does not exist|No such operator torchvision::\w"
    r"|Could not run 'torchvision::\w+' with arguments"
    r"|PyTorch and torchvision were compiled with different|Couldn't load custom C\+\+ ops"
    r"|torchvision\S*: undefined symbol|module 'torchvision' has no attribute 'extension'"
    r"|object has no attribute nms"
)


@rule(
    "TD501",
    severity="error",
    cause="torchvision-mismatch",
    explains=("TD404",),
    about=("packages:torchvision", "errors"),
)
def check(facts: BesideTorch) -> Iterator[Draft]:
    yield from judge("torchvision", _HARM, facts)
