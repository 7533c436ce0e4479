"""A GPU is slower than the others of its kind in this host.

What it checks
    Each rate of the deep check against the middle one of all GPUs of the same name (with two: against the
    better one). Below 80 % is too slow.
Why it matters
    A job over several GPUs runs at the pace of the slowest.
How to fix
    Compare temperature, power and clocks of the two; swap their places to see whether it is the GPU.
References
    https://docs.nvidia.com/deploy/nvml-api/group__nvmlClocksEventReasons.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import DeepResult, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.rules.deep._reading import behind_peers, names_of, slowed_by


@rule("TD953", severity="warning", cause="gpu-hardware")
def check(
    deep_results: tuple[DeepResult, ...], kernel_results: tuple[KernelResult, ...]
) -> Iterator[Draft]:
    names = names_of(kernel_results)
    slow: dict[int, list[tuple[DeepResult, float]]] = {}
    for result, usual in behind_peers(deep_results, names):
        if result.gpu is not None:
            slow.setdefault(result.gpu, []).append((result, usual))
    for gpu, found in sorted(slow.items()):
        rates = ", ".join(f"{r.value:.0f} against {u:.0f} {r.unit} in {r.stage}" for r, u in found)
        look = fixes.by_hand(
            "compare temperature, power and clocks while all work",
            "nvidia-smi dmon -s puct",
            scope="host",
        )
        message = f"GPU {gpu} is slower than its peers: {rates}{slowed_by(r for r, _ in found)}"
        yield finding(f"gpu:{gpu}", message, fixes=[look])
