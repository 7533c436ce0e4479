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
from torch_doctor.rules.cuda._toolkit import in_that_shell

# A shell that does not know nvcc is a failure only where something is compiled.
_SHELL = (
    r"nvcc['\": ]*(?:: command)? not found|['\"]?nvcc['\"]? is not recognized|nvcc\W{0,3}不是内部"
)
_BUILDING = (
    r"setup\.py|wheels? for|building|build\b|compil|ninja|cmake|cpp_extension"
    r"|metadata-generation|subprocess-exited"
)
_UNSEEN = r"CUDA_HOME environment variable is not set"
_CUDNN = r"cudnn\w*\.h\b"
_CUDNN_CURE = (
    fixes.by_hand(
        "install the headers of cuDNN for torch's CUDA (NVIDIA's package cudnn9-cuda-12, conda's cudnn), "
        "and let CUDNN_INCLUDE_DIR name their folder"
    ),
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
    os_family: str | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    install = fixes.install_toolkit(torch_cuda)
    row = "toolkit_missing_in_build"
    if errors.of(row) or (errors.matching(_SHELL) and errors.matching(_BUILDING)):
        message = "an extension is compiled, and nvcc or the headers of CUDA were not found"
        message += f": CUDA_HOME is {cuda_home}" if cuda_home else ""
        wheel = fixes.by_hand("install a prebuilt wheel of the package, where it has one")
        cures = [*(_CUDNN_CURE if errors.matching(_CUDNN) else ()), install, wheel]
        if cuda_home and errors.matching(_UNSEEN):
            cures = [in_that_shell(os_family), install]
        yield finding("toolkit", message, because=errors.receipts(row), fixes=cures)
    elif cuda_home and toolkits is not None and not _is_there(cuda_home, toolkits):
        message = f"CUDA_HOME names {cuda_home}, which holds no CUDA toolkit"
        unset = fixes.unset_variable("CUDA_HOME", "builders then look for nvcc on PATH")
        yield finding("toolkit", message, severity=Severity.NOTE, fixes=[unset, install])


def _is_there(home: str, toolkits: tuple[Toolkit, ...]) -> bool:
    return any(kit.found_via in ("CUDA_HOME", "CUDA_PATH") or kit.path == home for kit in toolkits)
