"""A program finds CUDA at one place and no longer at another, or a notebook that was given a GPU sees none.

What it checks
    In a report: words that torch.cuda.is_available() is True at one place of a program and False at another, or after
    an import; and torch's words that there are no GPUs in a notebook for which a GPU was chosen or is listed.
Why it matters
    Nothing but the program stands between the two calls. CUDA reads CUDA_VISIBLE_DEVICES when it starts: what sets it
    on the way, from an option, a default or a cell, names a GPU that is not there.
How to fix
    Remove the line that sets the variable, or let it name a GPU that is there, and start the program again.
References
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#env-vars
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.cuda._masks import NO_GPUS, show_gpus

_LOOK = fixes.by_hand(
    "look for what sets CUDA_VISIBLE_DEVICES on the way: os.environ in an imported file, an option such as --gpu",
    'grep -rn "CUDA_VISIBLE_DEVICES" --include=*.py .',
)
_CHOSEN = "chose-gpu-runtime"


@rule(
    "TD322",
    severity="error",
    cause="cuda-visible-devices",
    breaks=("start", "gpus"),
    explains=("TD231", "TD409"),
    about=("cuda_lost_in_program", "notebook_service"),
)
def check(
    cuda_lost_in_program: str | None = None,
    gpus: tuple[Gpu, ...] = (),
    notebook_service: str | None = None,
    tried: tuple[str, ...] = (),
    cuda_visible_devices: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if cuda_visible_devices is not None or any(result.ok for result in kernel_results):
        return  # its own rule holds a mask against the GPUs
    message = None
    if cuda_lost_in_program:
        where = one_line(cuda_lost_in_program, 160)
        message = f"a program that found CUDA no longer does: {where}"
    elif notebook_service and (gpus or _CHOSEN in tried) and errors.of(*NO_GPUS):
        message = (
            "this notebook was given a GPU, and torch sees none: most likely a cell or the program sets "
            "CUDA_VISIBLE_DEVICES"
        )
    if message:
        cures = [show_gpus("program", None), _LOOK]
        yield finding("environment", message, fixes=cures, confidence="medium")
