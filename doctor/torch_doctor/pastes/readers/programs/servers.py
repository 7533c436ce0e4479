"""What servers of models log once their kernels ran: memory for GPU blocks, captured graphs, generated tokens."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

# vLLM and SGLang; a rate of nothing is told while nobody asks.
_SIGNS = (
    ("gpu blocks:", regex(r"# GPU blocks: [1-9]\d*, # CPU blocks")),
    ("graph capturing finished", regex(r"\bGraph capturing finished in \d")),
    ("gpu kv cache size:", regex(r"\bGPU KV cache size: [1-9][\d,]* tokens")),
    (
        "generation throughput:",
        regex(r"Avg generation throughput: (?:[1-9]\d*|0)\.(?!0 )\d+ tokens/s.*GPU KV cache"),
    ),
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield that torch reaches the GPU, at the first line that shows it."""
    for needs, sign in _SIGNS:
        for _, line in paste.find(sign, needs, 1):
            yield Claim("cuda_available", True, line, Seen.TRACE, implied=True)
            return
