"""The installed vLLM was built for another torch.

What it checks
    The torch that the vLLM release pins, and errors of the loader about vLLM's own library.
Why it matters
    vLLM's compiled kernels are bound to one torch; vllm._C does not load with another.
How to fix
    Install vLLM into an environment of its own and let it bring its torch.
References
    https://docs.vllm.ai/en/latest/getting_started/installation/gpu.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, rule
from torch_doctor.rules.packages._companion import BesideTorch, judge

_HARM = r"vllm/\S*_C\S*\.so: undefined symbol|vllm\._C\b.{0,120}undefined symbol"


@rule(
    "TD504",
    severity="warning",
    cause="extension-abi-mismatch",
    about=("packages:vllm", "errors"),
)
def check(facts: BesideTorch) -> Iterator[Draft]:
    yield from judge("vllm", _HARM, facts, gently=True)
