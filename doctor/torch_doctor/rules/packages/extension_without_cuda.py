"""An extension was built without its GPU code.

What it checks
    What extensions say of themselves ("Not compiled with GPU support"), and reports of how they were built.
Why it matters
    Its operators refuse CUDA tensors although torch runs on the GPU.
How to fix
    Build it again where nvcc and CUDA_HOME are set; FORCE_CUDA=1 builds GPU code where no GPU is seen, too.
References
    https://docs.pytorch.org/docs/stable/cpp_extension.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ExtensionBuild, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.extensions import published
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix

_CALLED = regex(r"\btorch\.ops\.(\w{3,40})\.\w")
_BY_DEVICE = r"\w+: implementation for device cuda:\d+ not found"
_TEXT = rf"Not compiled with (?:GPU|CUDA) support|not compiled with GPU support|{_BY_DEVICE}"
_OF_MMCV = rf"\b(?:\w*(?:Conv|RoI|nms|Attn)\w*|\w*FocalLoss|CARAFE\w*) is not compiled with GPU support|{_BY_DEVICE}"
_FORCED = fixes.set_variable("FORCE_CUDA", "1", "setup scripts then build GPU code in any case")
_FORCE = "FORCE_CUDA=1"  # without it a build that finds no GPU has no code for any
_ABOUT = ("extension_builds", "errors")


@rule("TD522", severity="error", cause="nvcc-cuda-home-mismatch", about=_ABOUT)
def check(
    matrix: Matrix,
    extension_builds: tuple[ExtensionBuild, ...] = (),
    cuda_available: bool | None = None,
    toolkit_cuda: CudaVersion | None = None,
    torch_version: TorchVersion | None = None,
    torch_cuda: CudaVersion | None = None,
    packages: tuple[Package, ...] = (),
    traceback_packages: tuple[str, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    bare = [built.name for built in extension_builds if built.without_cuda]
    if not bare and not errors.matching(_TEXT):
        return
    unharmed = cuda_available is True and not errors.matching(_TEXT)
    known = tuple(row.package for row in matrix.build_recipes if _FORCE in (row.settings or ()))
    which = next(iter(bare or _named(known, packages, traceback_packages, errors)), "an extension")
    text = f"install nvcc{f' of CUDA {torch_cuda}' if torch_cuda else ''}, set CUDA_HOME to it and build {which} again"
    build = [fixes.by_hand(text), _FORCED]
    pages = published(which, torch_version, torch_cuda, matrix, packages)
    why = ": no nvcc was found when it was compiled"
    if toolkit_cuda:
        why = f", although there is an nvcc {toolkit_cuda}: its build saw no GPU, or was made elsewhere"
    yield finding(
        "extensions",
        f"{which} was built without GPU code{why}",
        cause="extension-arch-missing" if toolkit_cuda else None,
        fixes=[*pages, *(reversed(build) if toolkit_cuda else build)],
        severity=Severity.WARNING if unharmed else None,
    )


def _named(
    operators: tuple[str, ...],
    packages: tuple[Package, ...],
    frames: tuple[str, ...],
    errors: Errors,
) -> Iterator[str]:
    """Yield the package whose operator refused: by its call, by the traceback, by what is installed, by its name."""
    there = {package.name for package in packages}
    called = {m[1].replace("_", "-") for one in errors.all for m in _CALLED.finditer(one.text)}
    for known in (called, {*frames}, there):
        yield from (name for name in operators if name in known)
    yield from ("mmcv",) if errors.matching(_OF_MMCV) else ()
