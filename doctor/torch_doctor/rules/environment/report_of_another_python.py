"""The report was made by a Python that has no torch, not by the one that failed.

What it checks
    A report whose Python cannot import torch ("PyTorch version: N/A").
Why it matters
    It says nothing about the torch that failed: the report of that environment decides.
How to fix
    Make the report with the Python of the environment that failed.
References
    https://github.com/pytorch/pytorch/blob/main/torch/utils/collect_env.py
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes


@rule(
    "TD900",
    severity="error",
    cause="report-not-from-failing-env",
    breaks="import",
    explains=("TD401",),
)
def check(
    report_interpreter_without_torch: bool,
    python_version: str | None = None,
    torch_import_error: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    if not report_interpreter_without_torch or torch_import_error or kernel_results:
        return
    which = f"Python {python_version}" if python_version else "Python"
    again = fixes.by_hand(
        "activate the environment that failed, and run it there",
        "python -m torch.utils.collect_env",
    )
    yield finding("report", f"the {which} that made this report has no torch", fixes=[again])
