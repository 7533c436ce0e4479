"""A CUDA library that torch needs is not there.

What it checks
    The libraries that torch's own files name against what the loader would find, and import errors of torch that
    name a missing library.
Why it matters
    `import torch` fails with "cannot open shared object file".
How to fix
    Install torch again with its dependencies, which bring these libraries.
References
    https://man7.org/linux/man-pages/man8/ld.so.8.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.libraries._wheels import beside_jetpack, brought_by, for_jetson

# libcuda.so.1 and its companions belong to the driver: other rules speak of them.
_CUDA = r"lib(?:cu(?!da\.so|rl|ps|dss)|nccl|nvrtc|nvJitLink|nvToolsExt|nvshmem|npp)"


# On a Jetson they are JetPack's: NVIDIA's wheels bring none.
_JETPACK = fixes.by_hand(
    "install JetPack's CUDA libraries, which NVIDIA's torch for Jetson takes, and let the loader find them",
    "sudo apt install nvidia-jetpack",
    "sudo ldconfig /usr/local/cuda/lib64",
    scope="host",
    root=True,
)
_RELOCK = fixes.by_hand("where the lock leaves it out, make the lock anew", "uv lock", "uv sync")


@rule(
    "TD757",
    severity="error",
    cause="cuda-libs-missing",
    breaks="import",
    about=("torch_libraries_missing", "torch_import_error", "errors"),
)
def check(
    cures: Cures,
    matrix: Matrix,
    torch_libraries_missing: tuple[str, ...] = (),
    torch_import_error: str | None = None,
    torch_cuda: CudaVersion | None = None,
    project_manager: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    jetson: str | None = None,
    container: str | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if any(result.ok for result in kernel_results):
        return
    missing = [name for name in torch_libraries_missing if not name.startswith("libcuda.so")]
    if torch_import_error:
        refused = [failure.missing or "" for failure in errors.missing(_CUDA)]
        missing += [name for name in refused if name in torch_import_error]
    if missing:
        names = listing(list(dict.fromkeys(missing)))
        message = f"torch needs {names}, which the loader does not find"
        of_board = for_jetson(jetson, container) if jetson and container else [_JETPACK]
        of_board = beside_jetpack(missing[0], jetson or "", matrix) or of_board
        fixed = (
            of_board if jetson else [cures.torch_again(brought_by(missing[0], torch_cuda, matrix))]
        )
        if project_manager == "uv" and not jetson:
            fixed.append(_RELOCK)
        cause = "jetson" if jetson and container else None  # its libraries are those of the board
        yield finding("libraries", message, cause=cause, fixes=fixed)
