"""A GPU is braked by the power supply.

What it checks
    NVML's reasons "power brake" and "hardware slowdown" without heat.
Why it matters
    The clocks are cut to a half or less by a signal from outside the GPU: the power supply, its cables
    or the chassis.
How to fix
    Check the power cables and supplies, and the chassis' own log.
References
    https://docs.nvidia.com/deploy/nvml-api/group__nvmlClocksEventReasons.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes


@rule("TD810", severity="warning", cause="gpu-hardware", about=("gpus",))
def check(gpus: tuple[Gpu, ...]) -> Iterator[Draft]:
    for gpu in gpus:
        reasons = set(gpu.throttle_reasons)
        hot = reasons & {"hardware-thermal", "software-thermal"}
        if "power-brake" in reasons or ("hardware-slowdown" in reasons and not hot):
            look = fixes.by_hand(
                "check power cables and supplies, and read the reasons again",
                f"nvidia-smi -q -d PERFORMANCE,POWER -i {gpu.index}",
                scope="host",
            )
            message = f"GPU {gpu.index} is braked by the power supply or the chassis"
            yield finding(f"gpu:{gpu.index}", message, fixes=[look])
