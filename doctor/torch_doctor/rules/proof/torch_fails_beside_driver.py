"""torch fails on GPUs on which the driver runs a kernel and takes torch's own code.

What it checks
    What the driver answered beside what torch met: its import, torch.cuda.is_available() and its kernels.
Why it matters
    GPU, driver and build fit each other, so the fault lies between them and torch: in the Python environment, in its
    variables, or in the libraries that torch loads.
How to fix
    Follow the finding about torch; what is said of GPU and driver needs no attention.
References
    https://docs.pytorch.org/docs/stable/notes/cuda.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import KernelResult, ProofStep
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line, plural


@rule("TD974", severity="note")
def check(
    driver_proof: tuple[ProofStep, ...],
    driver_kernels: tuple[KernelResult, ...],
    cuda_available: bool | None = None,
    torch_import_error: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    taken = [step for step in driver_proof if step.step == "code" and step.of == "torch"]
    works = [result for result in driver_kernels if result.ok]
    if not taken or not works or not all(step.ok for step in driver_proof):
        return
    failures = [
        f"import torch fails ({one_line(torch_import_error, 120)})" if torch_import_error else "",
        "torch.cuda.is_available() is False" if cuda_available is False else "",
        *(f"torch's kernel fails on GPU {one.index}" for one in kernel_results if not one.ok),
    ]
    seen = [failure for failure in failures if failure]
    if seen:
        message = (
            f"{seen[0]}, and yet the driver ran a kernel on {plural(len(works), 'GPU')} and took torch's own code: "
            "GPU, driver and build fit each other"
        )
        yield finding("torch", message)
