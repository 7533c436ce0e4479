"""A GPU computes wrong results.

What it checks
    Results of the deep check against float64 on the CPU: matrix products, copies, convolution, attention,
    a training step and a replayed CUDA graph.
Why it matters
    Training goes astray without any error. The tolerances are several times what rounding can do.
How to fix
    Run it again alone; read ECC counters and the kernel log; run the vendor's diagnostics; replace the GPU.
References
    https://docs.nvidia.com/datacenter/dcgm/latest/user-guide/dcgm-diagnostics.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import DeepResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.rules.deep._reading import quoted, single

# Stages with little software between the check and the silicon.
_PLAIN = ("matmul", "copy", "host-to-device", "device-to-host")


@rule("TD950", severity="error", cause="gpu-hardware")
def check(deep_results: tuple[DeepResult, ...]) -> Iterator[Draft]:
    wrong = single(deep_results, "wrong")
    for gpu in sorted({r.gpu for r in wrong if r.gpu is not None}):
        own = [r for r in wrong if r.gpu == gpu]
        plain = any(r.stage.startswith(_PLAIN) for r in own)
        stages = ", ".join(r.stage for r in own)
        cures = [
            fixes.by_hand(
                "see whether it repeats with nothing else running", "torch-doctor --deep"
            ),
            fixes.by_hand(
                "read the ECC counters and run the diagnostics",
                "nvidia-smi -q -d ECC,ROW_REMAPPER",
                "sudo dcgmi diag -r 3",
                scope="host",
                root=True,
            ),
        ]
        message = f"GPU {gpu} computes wrong results ({stages}): {quoted(own[0])}"
        cause = None if plain else "unexplained"
        yield finding(f"gpu:{gpu}", message, cause=cause, fixes=cures)
