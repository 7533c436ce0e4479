"""A GPU multiplies matrices far more slowly than it should.

What it checks
    The rate of large matrix products in each precision against the data sheet of the product, on a GPU on
    which nothing else computes. Below 35 % is too slow (half of that where the board is at its power limit).
Why it matters
    A healthy GPU reaches 60 to 90 %. Far below that something holds it down: heat, power, clocks.
How to fix
    Look at the reasons for lower clocks while it works; reset clocks that somebody locked.
References
    https://docs.nvidia.com/deploy/nvml-api/group__nvmlClocksEventReasons.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import DeepResult, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.rates import rate_of
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.rules.deep._reading import idle, names_of, share_expected, slowed_by


@rule("TD951", severity="warning", cause="gpu-hardware", explains=("TD953",))
def check(
    deep_results: tuple[DeepResult, ...], kernel_results: tuple[KernelResult, ...], matrix: Matrix
) -> Iterator[Draft]:
    names = names_of(kernel_results)
    for gpu in sorted(names):
        slow, rows = [], []
        for result in idle(deep_results):
            row = rate_of(matrix, names[gpu], result.stage.removeprefix("matmul-"))
            if result.gpu != gpu or not result.stage.startswith("matmul-") or row is None:
                continue
            if (result.value or 0.0) < share_expected(result) * float(row.peak):
                slow.append((result, row))
                rows.append(receipt("gpu_rates", row))
        if not slow:
            continue
        rates = ", ".join(f"{r.value:.0f} of {row.peak} TFLOP/s in {row.kind}" for r, row in slow)
        message = f"GPU {gpu} ({names[gpu]}) reaches {rates}{slowed_by(r for r, _ in slow)}"
        cures = [
            fixes.by_hand(
                "see what holds the clocks down while it works",
                "nvidia-smi -q -d PERFORMANCE,CLOCK,POWER,TEMPERATURE",
            ),
            fixes.by_hand(
                "where somebody locked the clocks, free them",
                f"sudo nvidia-smi -i {gpu} --reset-gpu-clocks",
                scope="host",
                root=True,
            ),
        ]
        known = all(r.busy is False for r, _ in slow)
        confidence = "medium" if known else "low"
        yield finding(f"gpu:{gpu}", message, because=rows, fixes=cures, confidence=confidence)
