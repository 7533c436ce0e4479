"""A reader of torch-doctor read a line as something that the catalogue of facts refuses.

What it checks
    Claims of a reader that name no fact, or give a fact a value of the wrong type.
Why it matters
    They are dropped, so what that line says is not judged.
How to fix
    It is a fault of torch-doctor: report it with the line.
References
    https://github.com/pytorch/pytorch/blob/main/torch/utils/collect_env.py
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule


@rule("TD906", severity="note", cause=None)
def check(reader_faults: tuple[str, ...]) -> Iterator[Draft]:
    for fault in reader_faults:
        yield finding("report", f"torch-doctor read a line wrongly and leaves it out: {fault}")
