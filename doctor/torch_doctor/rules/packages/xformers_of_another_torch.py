"""The installed xformers was built for another torch.

What it checks
    The torch that the xformers release pins, its own warning that its extensions cannot be loaded, and its refusal of
    an attention call because it "wasn't build with CUDA support" (its operators were not registered).
Why it matters
    Its memory-efficient attention is not available; programs fail or fall back to slower code.
How to fix
    Install the xformers that goes with this torch, from the same index.
References
    https://github.com/facebookresearch/xformers#installing-xformers
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.rule import Draft, rule
from torch_doctor.rules.packages._companion import BesideTorch, judge

# The second line of its warning says it too: the torch that it was built for, and the one that is there.
_WARNING = (
    r"xFormers can't load C\+\+/CUDA extensions|PyTorch \d[\w.+]+ with CUDA \d{3,4} \(you have \d"
)
_FAILED = r"xformers\S*: undefined symbol|memory_efficient_attention|No operator found|DLL load failed.{0,80}xformers"
_UNREGISTERED = r"xFormers wasn't (?:build|built|compiled) with CUDA support"
_HARM = rf"{_WARNING}|xformers\S*: undefined symbol|{_UNREGISTERED}"
# A tensor that lies in host memory fits no operator, whatever xformers was built for.
_ON_CPU = r"device=cpu \(supported"


@rule(
    "TD503",
    severity="warning",
    cause="extension-abi-mismatch",
    about=("packages:xformers", "errors"),
)
def check(facts: BesideTorch, torch_variant: str | None = None) -> Iterator[Draft]:
    errors = facts.errors
    # its warning says that its own kernels are left out: programs go on without them, and torch with its own
    warned = bool(errors.matching(_WARNING)) and not errors.matching(_FAILED)
    warned = warned or torch_variant == "cpu" or bool(errors.matching(_ON_CPU))
    for draft in judge("xformers", _HARM, facts, gently=True):
        yield draft._replace(severity=Severity.WARNING) if warned else draft
