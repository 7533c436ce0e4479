"""The memory of a GPU is far slower than it should be.

What it checks
    The rate of a large copy on the GPU, reads and writes counted, against the data sheet of the product.
    Below 50 % is too slow, on a GPU on which nothing else computes.
Why it matters
    A healthy GPU reaches 75 to 93 %. Most work on GPUs waits for memory.
How to fix
    Look at the memory clock and at the memory's errors; reset clocks that somebody locked.
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
from torch_doctor.rules.deep._reading import MEMORY_SHARE, idle, names_of, slowed_by


@rule("TD952", severity="warning", cause="gpu-hardware", explains=("TD953",))
def check(
    deep_results: tuple[DeepResult, ...], kernel_results: tuple[KernelResult, ...], matrix: Matrix
) -> Iterator[Draft]:
    names = names_of(kernel_results)
    for result in idle(deep_results):
        name = names.get(-1 if result.gpu is None else result.gpu)
        row = rate_of(matrix, name, "memory")
        if result.stage != "copy" or row is None or result.value is None:
            continue
        if result.value >= MEMORY_SHARE * float(row.peak):
            continue
        look = fixes.by_hand(
            "look at the memory clock and at its errors",
            f"nvidia-smi -q -d CLOCK,ECC,ROW_REMAPPER -i {result.gpu}",
        )
        message = f"memory of GPU {result.gpu} ({name}) moves {result.value:.0f} of {row.peak} GB/s"
        yield finding(
            f"gpu:{result.gpu}",
            message + slowed_by([result]),
            because=[receipt("gpu_rates", row)],
            fixes=[look],
            confidence="medium" if result.busy is False else "low",
        )
