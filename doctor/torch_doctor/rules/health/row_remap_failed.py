"""A GPU could not remap a bad memory row: it has no spare left there.

What it checks
    NVML's "remapping failure occurred" (Ampere and newer).
Why it matters
    The bad row stays in use. This is what NVIDIA replaces a board for.
How to fix
    Run the field diagnostics and have the board replaced; keep jobs off it until then.
References
    https://docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes


@rule("TD802", severity="warning", cause="gpu-hardware", about=("gpus",))
def check(gpus: tuple[Gpu, ...]) -> Iterator[Draft]:
    for gpu in gpus:
        if gpu.row_remap_failed:
            replace = fixes.by_hand(
                "keep jobs off this GPU and have the board replaced",
                f"nvidia-smi -q -d ROW_REMAPPER -i {gpu.index}",
                scope="host",
            )
            message = f"GPU {gpu.index} failed to remap a bad memory row: the board wants replacing"
            yield finding(f"gpu:{gpu.index}", message, fixes=[replace])
