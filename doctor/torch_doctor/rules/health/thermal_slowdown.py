"""A GPU is slowed down because it is too hot.

What it checks
    The thermal reasons among NVML's reasons for lower clocks.
Why it matters
    It computes rightly and slowly; heat that lasts ages the board.
How to fix
    Airflow, fans, dust, the room; then the paste.
References
    https://docs.nvidia.com/deploy/nvml-api/group__nvmlClocksEventReasons.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes

_HOT = ("hardware-thermal", "software-thermal")


@rule("TD809", severity="warning", cause="gpu-hardware", about=("gpus",))
def check(gpus: tuple[Gpu, ...]) -> Iterator[Draft]:
    for gpu in gpus:
        reasons = [reason for reason in gpu.throttle_reasons if reason in _HOT]
        if reasons:
            look = fixes.by_hand(
                "look at temperature and fans, then at the airflow",
                f"nvidia-smi -q -d TEMPERATURE -i {gpu.index}",
                scope="host",
            )
            message = f"GPU {gpu.index} is slowed down by heat ({', '.join(reasons)})"
            yield finding(f"gpu:{gpu.index}", message, fixes=[look])
