"""The installed torchaudio was built for another torch.

What it checks
    The version of torchaudio against the torch that its release goes with, the CUDA of both, and the errors that a
    mixed pair gives.
Why it matters
    Its compiled operators do not load: undefined symbol in libtorchaudio.
How to fix
    Install the torchaudio that goes with this torch, from the same index.
References
    https://github.com/pytorch/pytorch/blob/main/RELEASE.md#release-compatibility-matrix
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, rule
from torch_doctor.rules.packages._companion import BesideTorch, judge

_HARM = (
    r"PyTorch and TorchAudio were compiled with different|_?torchaudio\S*: undefined symbol"
    r"|(?:libtorchaudio|_torch_sox|torchaudio)\S*.{0,60}(?:undefined symbol|Symbol not found)"
    r"|WinError 127\].{0,120}torchaudio|Could not (?:load this library|find module):? \S*(?:lib|_)torchaudio"
    r"|torchaudio[/\\]\S{0,80}torchaudio\S{0,40}\.so: (?!cannot open)\S"
)


@rule(
    "TD502",
    severity="error",
    cause="torchaudio-mismatch",
    explains=("TD404",),
    about=("packages:torchaudio", "errors"),
)
def check(facts: BesideTorch) -> Iterator[Draft]:
    yield from judge("torchaudio", _HARM, facts)
