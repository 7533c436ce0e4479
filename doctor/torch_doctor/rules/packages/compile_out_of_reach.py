"""torch.compile cannot work with this torch on this machine, although torch runs.

What it checks
    The Pythons that Dynamo of this torch refuses, and whether the assembler that its triton brings knows the GPUs, and
    makes code that the driver loads.
Why it matters
    Eager torch runs; torch.compile, and what is built on it (flex attention, vLLM), fails at the first call.
How to fix
    Take an older Python, a newer torch or a newer driver, as the message says; or run without compiling.
References
    https://docs.pytorch.org/docs/stable/torch.compiler_troubleshooting.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.builds.features import lacks
from torch_doctor.matrix.store import Matrix


@rule("TD531", severity="note", cause="triton-mismatch", about=("gpus",))
def check(
    torch_version: TorchVersion,
    torch_cuda: CudaVersion,
    gpus: tuple[Gpu, ...],
    matrix: Matrix,
    cures: Cures,
    torch_origin: str = "pytorch",
) -> Iterator[Draft]:
    if not gpus or torch_origin not in ("pytorch", "unknown") or not torch_version.is_release:
        return
    sure = (one for one in lacks("compile", torch_version.public, cures.machine, matrix))
    lack = next((one for one in sure if one.decided), None)
    if lack is None:
        return
    text = "choose a torch whose torch.compile works for this GPU, driver and Python"
    off = "torch.compile then runs the code as it is"
    yield finding(
        "torch",
        f"torch.compile will not work: {lack.message}",
        because=lack.because,
        fixes=[
            fixes.by_hand(text, "torch-doctor recommend --feature compile"),
            fixes.set_variable("TORCH_COMPILE_DISABLE", "1", off),
        ],
    )
