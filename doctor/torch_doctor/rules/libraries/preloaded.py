"""LD_PRELOAD forces a CUDA library into every process.

What it checks
    Whether LD_PRELOAD names a library of CUDA, cuDNN or NCCL.
Why it matters
    It comes before torch's own, whatever version torch needs.
How to fix
    Unset LD_PRELOAD for programs that use torch.
References
    https://man7.org/linux/man-pages/man8/ld.so.8.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing, one_line
from torch_doctor.fixes import actions as fixes

# What torch's own libraries are linked to, and libcuda.
_CUDA = (
    r"lib(?:cuda|cudart|cudnn\w*|cublas(?:Lt)?|cufftw?|cufile\w*|cupti|curand|cusolver(?:Mg)?|cusparse(?:Lt)?"
    r"|nccl|nvJitLink|nvToolsExt|nvrtc\S*|nvshmem\w*)\.so[\d.]*"
)
_MISSING = r"undefined symbol|version `\w+' not found"


@rule(
    "TD764",
    severity="warning",
    cause="cuda-libs-shadowed",
    breaks="import",
    explains=(
        "TD755",
        "TD756",
        "TD975",
    ),
)
def check(
    ld_preload: str,
    kernel_results: tuple[KernelResult, ...] = (),
    torch_origin: str | None = None,
    torch_import_error: str | None = None,
) -> Iterator[Draft]:
    paths = [path for path in re.split(r"[\s:]+", ld_preload) if path]
    names = [path for path in paths if re.fullmatch(_CUDA, path.rpartition("/")[2])]
    if names:
        ran = kernel_results and all(result.ok and not result.error for result in kernel_results)
        message = f"LD_PRELOAD forces {listing(names)} into every program, before torch's own copy"
        severity = Severity.NOTE if ran or torch_origin == "ngc" else None
        if re.search(_MISSING, torch_import_error or ""):
            severity = Severity.ERROR
            message += f"; torch does not load with it: {one_line(torch_import_error or '', 200)}"
        yield finding(
            "environment",
            message,
            severity=severity,
            fixes=[fixes.unset_variable("LD_PRELOAD", "torch brings the libraries that it needs")],
        )
