"""The compiler for run time, or the cuBLAS, that a build of torch brings does not know the GPU.

What it checks
    nvrtc's words that it has no such architecture, cuBLAS's that its program does not run there, and the first CUDA
    that compiles for each GPU.
Why it matters
    Code for a lower minor of its major runs, so torch starts; what is compiled at run time, or a matrix product, fails.
How to fix
    Install a build of torch for a CUDA that knows the GPU.
References
    https://github.com/pytorch/pytorch/issues/87595
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Reason, Unavailable
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.gpu._toolkits import builds_from

_REFUSALS = {
    "nvrtc_arch": "compiles nothing for {} at run time (nvrtc refuses the architecture)",
    "cublas_no_code": "has no cuBLAS for {}: a matrix product fails",
}


@rule(
    "TD222",
    severity="error",
    cause="gpu-arch-not-in-wheel",
    breaks="cuda",
    explains=("TD218", "TD433"),
)
def check(
    errors: Errors,
    cures: Cures,
    matrix: Matrix,
    torch_cuda: Fact[CudaVersion],
    torch_version: TorchVersion | None = None,
) -> Iterator[Draft]:
    lost = isinstance(torch_cuda, Unavailable) and torch_cuda.reason is not Reason.NOT_ASKED
    row = next((row for row in _REFUSALS if errors.of(row)), None)
    if lost or row is None:
        return  # a CUDA that could not be read may be one that knows the GPU
    built = torch_cuda.or_else(None)
    known = {row.capability: CudaVersion.parse(row.first_cuda) for row in matrix.architectures}
    gpus = [gpu for gpu in cures.machine.gpus or () if gpu.capability]
    least = max((known[k] for gpu in gpus if (k := str(gpu.capability)) in known), default=None)
    if least and built and built >= least:
        return  # it knows this GPU: what is compiled there asks for something else
    if least is None and row != "nvrtc_arch":
        return  # a matrix product fails for other reasons, too
    names = ", ".join(dict.fromkeys(gpu.name for gpu in gpus if gpu.name)) or "the GPU"
    build = f"CUDA {built} of this torch" if built else "the CUDA of this torch"
    needs = f": that takes CUDA {least} or newer" if least else ""
    yield finding(
        f"gpu:{gpus[0].index}" if gpus else "gpu",
        f"{build} {_REFUSALS[row].format(names)}{needs}",
        because=errors.receipts(row),
        fixes=list(builds_from(cures, matrix, least, torch_version)),
        confidence="medium",
    )
