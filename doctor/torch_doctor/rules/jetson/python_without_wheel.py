"""NVIDIA's torch for this JetPack exists for another Python only.

What it checks
    On a Jetson: the Python of the environment against the one that JetPack's own torch wheels are
    built for (JetPack 4: 3.6, 5: 3.8, 6: 3.10, 7: 3.12).
Why it matters
    With another Python pip finds the generic wheel, which has no code for the Jetson's GPU.
How to fix
    Make the environment with the system's Python, or use NVIDIA's container.
References
    https://docs.nvidia.com/deeplearning/frameworks/install-pytorch-jetson-platform/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.rules.jetson._jetpack import jetpack_of


@rule("TD671", severity="note")
def check(
    jetson: str,
    python_tag: str,
    matrix: Matrix,
    torch_origin: str | None = None,
    container: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    row = jetpack_of(jetson, matrix)
    ours = torch_origin in ("jetson", "ngc", "source") or container
    if row is None or ours or cuda_started(kernel_results, cuda_available):
        return
    if python_tag == f"cp{row.python.replace('.', '')}":
        return
    make = fixes.by_hand(
        f"make the environment with Python {row.python}",
        f"python{row.python} -m venv --system-site-packages jetson-env",
    )
    message = (
        f"NVIDIA's torch for L4T {jetson} is built for Python {row.python}, this is {python_tag}"
    )
    yield finding("torch", message, because=[receipt("jetpacks", row)], fixes=[make])
