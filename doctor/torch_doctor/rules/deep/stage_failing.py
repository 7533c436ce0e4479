"""Something that PyTorch offers fails on a GPU that runs kernels.

What it checks
    Stages of the deep check that ended in an exception: matrix products, convolution, attention, a training
    step with autocast, CUDA graphs, copies.
Why it matters
    Simple kernels run, and programs that use this part fail.
How to fix
    Look at the error: most are a library of another version, or a build that lacks the GPU.
References
    https://docs.pytorch.org/docs/stable/notes/cuda.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import DeepResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.deep._reading import cause_of, gpus_in_words, quoted, single


@rule("TD955", severity="warning")
def check(deep_results: tuple[DeepResult, ...], matrix: Matrix) -> Iterator[Draft]:
    failed = single(deep_results, "failed")
    for stage in dict.fromkeys(r.stage for r in failed):
        own = [r for r in failed if r.stage == stage]
        subject = f"gpu:{own[0].gpu}" if len(own) == 1 and own[0].gpu is not None else "torch"
        message = f"{stage} fails{gpus_in_words(own)}: {quoted(own[0])}"
        ask = fixes.by_hand(
            "have the error explained", "torch-doctor explain 'the error text above'"
        )
        cause = cause_of(own[0].error, matrix, "unexplained")
        yield finding(subject, message, cause=cause, fixes=[ask])
