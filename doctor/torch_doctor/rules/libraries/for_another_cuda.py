"""A package wants the CUDA libraries of another CUDA major than torch brings.

What it checks
    Libraries that the loader did not find for a package, by the CUDA major in their names (libcudart.so.12), against
    the CUDA of torch. Of the same major, it is not on the loader's path until torch has loaded it. No wheel brings a
    runtime before CUDA 11: who asks for one was compiled beside a toolkit, mostly on another machine.
Why it matters
    The package was built for another CUDA; a link from one major to another only moves the crash.
How to fix
    Install the build of that package for torch's CUDA, or the torch of the package's CUDA.
References
    https://github.com/vllm-project/vllm/issues/52300
    https://github.com/vllm-project/vllm/issues/3387
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, ImportFailure, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes.builds.kept import kept_from_before
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.matrix.topics.extensions import linked_to_cuda
from torch_doctor.rules.libraries._majors import Asking, cause_of, cuda_of, cures_of
from torch_doctor.rules.libraries._wheels import for_jetson

# Libraries whose number is the CUDA major itself.
_NUMBERED = r"lib(?:cudart|cublas|cublasLt|nvJitLink|nvrtc)\.so\.\d+"


@rule("TD758", severity="error", cause="cuda-libs-missing", breaks="import", explains=("TD529",))
def check(
    errors: Errors,
    cures: Cures,
    matrix: Matrix,
    torch_cuda: CudaVersion | None = None,
    toolkit_cuda: CudaVersion | None = None,
    torch_import_error: str | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
    import_failures: tuple[ImportFailure, ...] = (),
    packages: tuple[Package, ...] = (),
    remarks: tuple[ErrorSeen, ...] = (),
    container: str | None = None,
    jetson: str | None = None,
) -> Iterator[Draft]:
    own = torch_import_error or ""
    refused = (one for one in errors.missing(_NUMBERED) if (one.missing or "") not in own)
    failure = next(refused, None)
    if failure is None:
        return
    of_cuda = cuda_of(failure.missing or "")
    major = int(of_cuda.partition(".")[0])
    who = failure.module or "a package"
    message = f"{who} needs {failure.missing}, which belongs to CUDA {of_cuda}"
    asks = Asking(failure, linked_to_cuda(packages, matrix), matrix)
    same = torch_cuda is not None and torch_cuda.major == major
    message += f"; torch brings CUDA {torch_cuda}" if torch_cuda is not None else ""
    cause = None if same else cause_of(asks, major, torch_cuda, toolkit_cuda)
    yield finding(
        "libraries",
        message,
        cause="jetson" if jetson else cause,  # whose CUDA comes with its JetPack
        because=errors.receipts("libcudart_missing"),
        fixes=for_jetson(jetson, container)
        if jetson
        else [
            *kept_from_before(errors_seen, remarks),
            *cures_of(asks, major, torch_cuda, container, cures),
        ],
    )
