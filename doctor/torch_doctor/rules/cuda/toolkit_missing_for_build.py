"""An extension is compiled without nvcc, or CUDA_HOME names no toolkit.

What it checks
    The errors that builders give, and whether CUDA_HOME names a toolkit on disk. No nvcc at all is no fault where
    nothing is compiled.
Why it matters
    The extension is not built, or is built without GPU code.
How to fix
    Install nvcc of torch's CUDA and set CUDA_HOME, or install a prebuilt wheel.
References
    https://docs.pytorch.org/docs/stable/cpp_extension.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen, Toolkit
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_TEXT = (
    r"CUDA_HOME environment variable is not set|nvcc['\": ]*(?:: command)? not found"
    r"|No such file or directory: '?\S*/nvcc|CUDA_HOME does not exist|Could not find nvcc"
)


@rule(
    "TD305",
    severity="error",
    cause="nvcc-cuda-home-mismatch",
    explains=("TD522",),
    about=("cuda_home", "errors"),
)
def check(
    cuda_home: str | None = None,
    toolkits: tuple[Toolkit, ...] | None = None,
    torch_cuda: CudaVersion | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    install = fixes.install_toolkit(torch_cuda)
    if errors.matching(_TEXT):
        message = "an extension is compiled, and no nvcc was found"
        message += f": CUDA_HOME is {cuda_home}" if cuda_home else ": CUDA_HOME is not set"
        wheel = fixes.by_hand("install a prebuilt wheel of the package, where it has one")
        yield finding("toolkit", message, fixes=[wheel, install])
    elif cuda_home and toolkits is not None and not _is_there(cuda_home, toolkits):
        message = f"CUDA_HOME names {cuda_home}, which holds no CUDA toolkit"
        unset = fixes.unset_variable("CUDA_HOME", "builders then look for nvcc on PATH")
        yield finding("toolkit", message, severity=Severity.NOTE, fixes=[unset, install])


def _is_there(home: str, toolkits: tuple[Toolkit, ...]) -> bool:
    return any(kit.found_via in ("CUDA_HOME", "CUDA_PATH") or kit.path == home for kit in toolkits)
