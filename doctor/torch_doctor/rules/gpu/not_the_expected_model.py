"""The GPUs here are not of the model that the user expects.

What it checks
    --expect-gpu NAME against the names of the GPUs that the driver lists.
Why it matters
    A job planned for one model may not fit or not run on another.
How to fix
    Run the job on the right node, or expect the model that is here.
References
    docs/cli.md
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.matrix.query import fold, gpus_named
from torch_doctor.matrix.store import Matrix


@rule("TD206", severity="error", cause="gpu-hardware")
def check(
    required_gpu_names: tuple[str, ...], matrix: Matrix, gpus: tuple[Gpu, ...] = ()
) -> Iterator[Draft]:
    here = sorted({gpu.name or "an unnamed GPU" for gpu in gpus})
    for wanted in required_gpu_names:
        names = {fold(row.name) for row in gpus_named(matrix, wanted).rows}
        if any(fold(name) in names or fold(wanted) in fold(name) for name in here):
            continue
        yield finding("gpu", f"{wanted} expected, found {', '.join(here) or 'no GPU'}")
