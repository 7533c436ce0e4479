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
from torch_doctor.core.records import ErrorSeen, ExtensionBuild, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.extensions import published
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix

_BY_DEVICE = r"\w+: implementation for device cuda:\d+ not found"
_TEXT = rf"Not compiled with (?:GPU|CUDA) support|not compiled with GPU support|{_BY_DEVICE}"
# Packages whose operators say so, the likeliest first; mmcv's name the operator: "RoIAlign is not compiled with …".
_WITH_OPERATORS = (
    "mmcv-full",
    "mmcv",
    "detectron2",
    "groundingdino",
    "pytorch3d",
    "natten",
    "spconv",
)
_OF_MMCV = rf"\b(?:\w*(?:Conv|RoI|nms|Attn)\w*|\w*FocalLoss|CARAFE\w*) is not compiled with GPU support|{_BY_DEVICE}"


@rule("TD522", severity="error", cause="nvcc-cuda-home-mismatch")
def check(
    matrix: Matrix,
    extension_builds: tuple[ExtensionBuild, ...] = (),
    cuda_home: str | None = None,
    cuda_available: bool | None = None,
    torch_version: TorchVersion | None = None,
    torch_cuda: CudaVersion | None = None,
    packages: tuple[Package, ...] = (),
    traceback_packages: tuple[str, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    bare = [built.name for built in extension_builds if built.without_cuda]
    if not bare and not errors.matching(_TEXT):
        return
    # What runs on the GPU need not use that extension: until an operator refuses, nothing has failed.
    unharmed = cuda_available is True and not errors.matching(_TEXT)
    which = bare[0] if bare else _named(packages, traceback_packages, errors) or "an extension"
    wanted = f" of CUDA {torch_cuda}" if torch_cuda else ""
    force = fixes.set_variable("FORCE_CUDA", "1", "setup scripts then build GPU code in any case")
    text = f"install nvcc{wanted}, set CUDA_HOME to it and build {which} again"
    pages = published(which, torch_version, torch_cuda, matrix, packages)
    message = f"{which} was built without GPU code: no nvcc was found when it was compiled"
    yield finding(
        "extensions",
        message,
        fixes=[*pages, fixes.by_hand(text), force],
        severity=Severity.WARNING if unharmed else None,
    )


def _named(packages: tuple[Package, ...], frames: tuple[str, ...], errors: Errors) -> str | None:
    """Return the package whose operator refused: by the traceback, by what is installed, by the operator."""
    there = {package.name for package in packages}
    for known in ({*frames}, there):
        found = next((name for name in _WITH_OPERATORS if name in known), None)
        if found:
            return found
    return "mmcv" if errors.matching(_OF_MMCV) else None
