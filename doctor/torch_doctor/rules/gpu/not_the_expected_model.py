"""The GPUs here are not of the model that the user expects.

What it checks
    --expect-gpu NAME against the names of the GPUs that the driver lists, both resolved by the table of GPU names:
    H100 means every H100, RTX 4090 the desktop board alone, and A10 is no A100.
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
from torch_doctor.core.text import listing
from torch_doctor.matrix.gpus.choice import is_model, objection_to
from torch_doctor.matrix.store import Matrix


@rule("TD206", severity="error", cause="gpu-hardware")
def check(
    required_gpu_names: tuple[str, ...], matrix: Matrix, gpus: tuple[Gpu, ...]
) -> Iterator[Draft]:
    here = sorted({gpu.name or "an unnamed GPU" for gpu in gpus if not gpu.lost})
    for wanted in required_gpu_names:
        unknown = objection_to(wanted, matrix)
        if unknown:
            yield finding("gpu", f"{wanted or 'a GPU'} expected: {unknown.problem}; {unknown.cure}")
        elif here and not any(is_model(name, wanted, matrix) for name in here):
            yield finding("gpu", f"{wanted} expected, found {listing(here)}")
