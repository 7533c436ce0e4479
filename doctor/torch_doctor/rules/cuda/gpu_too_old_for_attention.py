"""The GPU is too old for FlashAttention or SageAttention.

What it checks
    The messages of flash-attn, of SageAttention and of programs that use them.
Why it matters
    Its kernels need capability 8.0 (Ampere); torch's own attention runs on this GPU.
How to fix
    Use torch's scaled_dot_product_attention.
References
    https://github.com/Dao-AILab/flash-attention#nvidia-cuda-support
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors


@rule("TD313", severity="error", cause="extension-arch-missing")
def check(
    errors: Errors,
    gpus: tuple[Gpu, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    if errors.of("flash_attn_arch"):
        message = "FlashAttention needs capability 8.0 (Ampere) or newer; the GPU is older"
        other = fixes.by_hand(
            'use torch\'s own attention: attn_implementation="sdpa" in transformers'
        )
        yield finding(
            "extensions", message, because=errors.receipts("flash_attn_arch"), fixes=[other]
        )
    elif errors.of("sage_attn_arch"):
        message = "SageAttention has no kernels for the GPU, or was built without them"
        other = fixes.by_hand("switch SageAttention off: torch's own attention runs on this GPU")
        because = errors.receipts("sage_attn_arch")
        yield finding("extensions", message, because=because, fixes=[other])
