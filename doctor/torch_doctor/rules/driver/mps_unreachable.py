"""The MPS server or its daemon refuses this program.

What it checks
    CUDA's answers 805 to 810, from cuInit or in an error text.
Why it matters
    With MPS in the way no CUDA program starts until the daemon runs again, belongs to this user, or is
    taken out of the way.
How to fix
    Restart the daemon, or unset CUDA_MPS_PIPE_DIRECTORY so that MPS is not used.
References
    https://docs.nvidia.com/deploy/mps/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ApiStatus, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_MPS = {
    805: "the control daemon or the server cannot be reached",
    806: "the connection to the server broke",
    807: "the server is not ready for new clients",
    808: "the hardware allows no more clients",
    809: "the hardware allows no more connections",
    810: "the server ended this client",
}


@rule("TD133", severity="error", cause="gpu-busy", breaks="start", about=("cuda_init", "errors"))
def check(
    cuda_init: ApiStatus | None = None,
    cuda_mps_pipe_directory: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if any(result.ok for result in kernel_results):
        return
    codes = [cuda_init.code] if cuda_init is not None else []
    codes += [seen.code for seen in errors.numbered(*_MPS) if seen.code]
    code = next((code for code in codes if code in _MPS), None)
    started = cuda_init is not None and cuda_init.code == 0
    if code is None and (started or not errors.of("cuda_80x_mps")):
        return
    restart = fixes.by_hand(
        "restart the MPS daemon as the user who runs the programs",
        "echo quit | nvidia-cuda-mps-control; nvidia-cuda-mps-control -d",
        scope="host",
    )
    cures = [restart]
    if cuda_mps_pipe_directory is not None:
        why = "then this program does not use MPS"
        cures.insert(0, fixes.unset_variable("CUDA_MPS_PIPE_DIRECTORY", why))
    answer = f"error {code}: {_MPS[code]}" if code else "the server refuses this client"
    yield finding(
        "driver",
        f"MPS is in the way, {answer}",
        because=errors.receipts("cuda_80x_mps"),
        fixes=cures,
    )
