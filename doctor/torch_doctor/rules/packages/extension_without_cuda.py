"""An extension was built without its GPU code.

What it checks
    What extensions say of themselves ("Not compiled with GPU support"), and reports of how they were built.
Why it matters
    Its operators refuse CUDA tensors although torch runs on the GPU.
How to fix
    Build it again where nvcc and CUDA_HOME are set.
References
    https://docs.pytorch.org/docs/stable/cpp_extension.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen, ExtensionBuild
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_TEXT = r"Not compiled with (?:GPU|CUDA) support|not compiled with GPU support"


@rule("TD522", severity="error", cause="nvcc-cuda-home-mismatch")
def check(
    extension_builds: tuple[ExtensionBuild, ...] = (),
    cuda_home: str | None = None,
    cuda_available: bool | None = None,
    torch_cuda: CudaVersion | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    bare = [built.name for built in extension_builds if built.without_cuda]
    if not bare and not errors.matching(_TEXT):
        return
    # What runs on the GPU need not use that extension: until an operator refuses, nothing has failed.
    unharmed = cuda_available is True and not errors.matching(_TEXT)
    which = bare[0] if bare else "an extension"
    wanted = f" of CUDA {torch_cuda}" if torch_cuda else ""
    force = fixes.set_variable("FORCE_CUDA", "1", "setup scripts then build GPU code in any case")
    text = f"install nvcc{wanted}, set CUDA_HOME to it and build {which} again"
    message = f"{which} was built without GPU code: no nvcc was found when it was compiled"
    yield finding(
        "extensions",
        message,
        fixes=[fixes.by_hand(text), force],
        severity=Severity.WARNING if unharmed else None,
    )
