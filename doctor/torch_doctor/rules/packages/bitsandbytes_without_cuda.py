"""bitsandbytes has no library for this CUDA.

What it checks
    bitsandbytes's own messages: it loads libbitsandbytes_cudaXXX.so, named by the CUDA of torch.
Why it matters
    8-bit and 4-bit layers and optimizers fail; torch runs.
How to fix
    Install a newer bitsandbytes, which has libraries for newer CUDA releases.
References
    https://huggingface.co/docs/bitsandbytes/main/en/installation
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.fixes.extensions import first_for
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix

_TEXT = (
    r"libbitsandbytes_c\w+\.so|bitsandbytes was compiled without GPU support"
    r"|CUDA Setup failed despite (?:GPU|CUDA) being available|Configured CUDA binary not found at"
)
_TROUBLE = r"not found|cannot open|no such file|without GPU support|failed|undefined symbol"
_NAMED = "without GPU support"
# releases before 0.43 look for files of Linux, on Windows too
_FOR_LINUX = r"WindowsPath\(|lib(?:bitsandbytes|cudart|cuda)\w*\.so"
_IN_WINDOWS = (
    "bitsandbytes looks for the files of Linux on Windows: this release has no libraries for it"
)


@rule("TD523", severity="error", cause="cuda-libs-missing", explains=("TD522", "TD758"))
def check(
    errors: Errors,
    matrix: Matrix,
    cures: Cures,
    torch_version: TorchVersion | None = None,
    torch_cuda: CudaVersion | None = None,
    packages: tuple[Package, ...] = (),
    os_family: str | None = None,
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    seen = [e for e in errors.matching(_TEXT) if re.search(_TROUBLE, e.text, re.IGNORECASE)]
    if not seen:
        return
    installed = next((p.version for p in packages if p.name == "bitsandbytes"), None)
    library = re.search(r"libbitsandbytes_\w+\.so", seen[0].text)
    message = f"bitsandbytes{f' {installed}' if installed else ''} has no library for this CUDA"
    message += f": {library[0]} was looked for" if library else ""
    message += f"; torch's CUDA is {torch_cuda}" if torch_cuda else ""
    first = first_for("bitsandbytes", torch_cuda or _wanted(library), torch_version, matrix)
    spec = f"bitsandbytes>={first}" if first else "bitsandbytes"
    newer = cures.put("install a newer bitsandbytes", spec)
    # its last words alone send the reader to the lines above, which say why
    unsaid = not (library or installed or torch_cuda or any(_NAMED in e.text for e in seen))
    cause = "unexplained" if unsaid else None
    if unsaid:
        message = "bitsandbytes could not set up CUDA; the lines above its error say why"
    if os_family == "windows" and errors.matching(_FOR_LINUX):
        message, cause = _IN_WINDOWS, "extension-abi-mismatch"
        newer = cures.put(
            "install a bitsandbytes that has wheels for Windows", "bitsandbytes>=0.43"
        )
    yield finding("bitsandbytes", message, cause=cause, fixes=[newer])


def _wanted(library: re.Match[str] | None) -> CudaVersion | None:
    """The CUDA in the name of the library that was looked for: libbitsandbytes_cuda124.so."""
    tag = re.search(r"_cuda(\d{3})", library[0]) if library else None
    return CudaVersion.from_tag(f"cu{tag[1]}") if tag else None
