"""nvcc of one toolkit calls the assembler (ptxas) of an older one.

What it checks
    ptxas's words "Unsupported .version" while CMake tries the compiler or nvcc compiles an extension.
Why it matters
    The assembler does not know what the compiler wrote: nothing that is compiled here comes to its end.
How to fix
    Let PATH and CUDA_HOME name one toolkit, that of torch's CUDA.
References
    https://docs.nvidia.com/cuda/parallel-thread-execution/index.html#ptx-module-directives-version
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Toolkit
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors
from torch_doctor.rules.cuda._toolkit import home_of

_COMPILING = (
    r"ptxas\b.{0,160}(?:CMakeCUDACompilerId|tmpxft_)\S{0,80}\.ptx.{0,80}Unsupported \.version"
)
_ASKED = '$(python -c "import torch; print(torch.version.cuda)")'


@rule(
    "TD321",
    severity="error",
    cause="nvcc-cuda-home-mismatch",
    explains=("TD304", "TD305", "TD513"),
)
def check(
    errors: Errors,
    torch_cuda: CudaVersion | None = None,
    cuda_home: str | None = None,
    toolkits: tuple[Toolkit, ...] = (),
    os_family: str | None = None,
) -> Iterator[Draft]:
    if not errors.matching(_COMPILING):
        return
    wanted = f"CUDA {torch_cuda}, which torch is of" if torch_cuda else "torch's CUDA"
    there = next((kit.path for kit in toolkits if kit.has_nvcc and kit.cuda == torch_cuda), None)
    is_windows = os_family == "windows"
    home = there or home_of(torch_cuda or _ASKED, os_family)
    where = "" if there else " (install it first where that folder is not there)"
    one = fixes.by_hand(
        f"let CUDA_HOME and PATH name one toolkit, that of {wanted}{where}, then delete the build folder and "
        "build again",
        *(_in_powershell(home) if is_windows else _in_a_shell(home)),
    )
    search = "where.exe" if is_windows else "which -a"
    look = fixes.by_hand("see whose nvcc and ptxas are found", f"{search} nvcc ptxas")
    at = f" (CUDA_HOME is {cuda_home})" if cuda_home else ""
    message = f"nvcc calls a ptxas of an older toolkit, which does not know what it wrote{at}"
    yield finding("toolkit", message, fixes=[one, look])


def _in_a_shell(home: str) -> tuple[str, str]:
    return f"export CUDA_HOME={home}", "export PATH=$CUDA_HOME/bin:$PATH"


def _in_powershell(home: str) -> tuple[str, str]:
    return f'$env:CUDA_HOME = "{home}"', r'$env:Path = "$env:CUDA_HOME\bin;$env:Path"'
