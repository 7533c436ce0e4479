"""The toolkit that compiles an extension is of another CUDA than torch.

What it checks
    The refusal of the builders of torch, DeepSpeed and apex. Where nothing is compiled, another nvcc harms nothing.
Why it matters
    The extension is not built. torch itself brings what it needs to run and needs no nvcc.
How to fix
    Install the nvcc of torch's CUDA and set CUDA_HOME to it.
References
    https://docs.pytorch.org/docs/stable/cpp_extension.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen, Toolkit
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.cuda._toolkit import cures_of, either, releases_in

_TEXT = (
    r"detected CUDA version \([\d.]+\) mismatches the version that was used to compile"
    r"|Installed CUDA version [\d.]+ does not match the version torch was compiled with|CUDAMismatchException"
    r"|compiled with a version of Cuda that does not match the version used to compile Pytorch"
)
_OF_TORCH = r"(?i)binaries were compiled with Cuda (\d+\.\d+)"


@rule(
    "TD303",
    severity="error",
    cause="nvcc-cuda-home-mismatch",
    about=("torch_cuda_arch_list", "toolkits", "toolkit_cuda", "build_isolated", "errors"),
)
def check(
    cures: Cures,
    toolkit_cuda: CudaVersion | None = None,
    torch_cuda: CudaVersion | None = None,
    torch_cuda_arch_list: str | None = None,
    build_isolated: bool | None = None,
    toolkits: tuple[Toolkit, ...] = (),
    os_family: str | None = None,
    remarks: tuple[ErrorSeen, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    seen = errors.matching(_TEXT) or errors.of("cuda_mismatch_build")
    if seen:
        releases = releases_in(seen[0].text)
        of_torch = re.search(_OF_TORCH, seen[0].text)
        found = releases[0] if releases and not of_torch else toolkit_cuda
        wanted = of_torch[1] if of_torch else releases[1] if len(releases) > 1 else torch_cuda
        nvcc = f"nvcc of CUDA {found}" if found else "nvcc of another CUDA"
        message = f"an extension is compiled by {nvcc}, torch is built with CUDA {wanted}"
        message += "; the torch is that of an isolated build" if build_isolated else ""
        other = CudaVersion.parse(str(found)) if found and not build_isolated else None
        toolkit = cures_of(wanted, os_family, toolkits, isolated=bool(build_isolated))
        torch = cures.same_torch_for(other) if other else ()
        cure = either(toolkit, torch, other, remarks)
        because = errors.receipts("cuda_mismatch_build")
        yield finding("toolkit", message, because=because, fixes=cure)
    elif torch_cuda_arch_list and _majors_differ(toolkit_cuda, torch_cuda):
        message = (
            f"TORCH_CUDA_ARCH_LIST is set: extensions are built by nvcc of CUDA {toolkit_cuda}"
        )
        message += f", but torch is of CUDA {torch_cuda}: its builder will refuse"
        cure = list(cures_of(torch_cuda, os_family, toolkits, isolated=False))
        yield finding("toolkit", message, severity=Severity.NOTE, fixes=cure)


def _majors_differ(one: CudaVersion | None, other: CudaVersion | None) -> bool:
    return one is not None and other is not None and one.major != other.major
