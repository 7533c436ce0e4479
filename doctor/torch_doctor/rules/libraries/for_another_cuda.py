"""A package wants the CUDA libraries of another CUDA major than torch brings.

What it checks
    Libraries that the loader did not find for a package, by the CUDA major in their names (libcudart.so.12), against
    the CUDA of torch. Of the same major, it is not on the loader's path until torch has loaded it.
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

from torch_doctor.core.finding import Action
from torch_doctor.core.records import ErrorSeen, ImportFailure, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

# Libraries whose number is the CUDA major itself.
_NUMBERED = r"lib(?:cudart|cublas|cublasLt|nvJitLink|nvrtc)\.so\.\d+"


@rule("TD758", severity="error", cause="cuda-libs-missing", explains=("TD404", "TD409"))
def check(
    errors: Errors,
    torch_cuda: CudaVersion | None = None,
    torch_import_error: str | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
    import_failures: tuple[ImportFailure, ...] = (),
    packages: tuple[Package, ...] = (),
    container: str | None = None,
) -> Iterator[Draft]:
    refused = [
        failure
        for failure in errors.missing(_NUMBERED)
        if (failure.missing or "") not in (torch_import_error or "")
    ]
    if not refused:
        return
    failure = refused[0]
    major = int((failure.missing or "").split(".so.")[1].split(".")[0])
    who = failure.module or "a package"
    message = f"{who} needs {failure.missing}, which belongs to CUDA {major}"
    same = torch_cuda is not None and torch_cuda.major == major
    message += f"; torch brings CUDA {torch_cuda}" if torch_cuda is not None else ""
    yield finding(
        "libraries",
        message,
        cause="nvidia-pip-mismatch" if torch_cuda is not None and not same else None,
        because=errors.receipts("libcudart_missing"),
        fixes=_path(failure) if same else _another_build(failure, torch_cuda, major, container),
    )


def _path(failure: ImportFailure) -> list[Action]:
    text = f"import torch before {failure.module or 'it'}: torch loads {failure.missing} from its own wheels"
    return [fixes.by_hand(text)]


def _another_build(
    failure: ImportFailure, torch_cuda: CudaVersion | None, major: int, container: str | None
) -> Iterator[Action]:
    """The package follows torch; another torch only where nobody knows which one is there."""
    package = (failure.module or "").partition(".")[0] or "the package"
    wanted = f"CUDA {torch_cuda.major}" if torch_cuda else "the CUDA of your torch"
    if container in ("apptainer", "singularity"):
        why = "the home directory is mounted: a package of ~/.local is taken before the image's"
        yield fixes.set_variable("PYTHONNOUSERSITE", "1", why)
    yield fixes.by_hand(
        f"install the build of {package} for {wanted}; a link between majors does not help"
    )
    if torch_cuda is None and container is None:
        yield fixes.by_hand(f"or install a torch for CUDA {major} (a +cu{major}x build)")
