"""A package was installed without the module that is compiled for its torch.

What it checks
    Imports that end at the compiled module of a package: mmcv._ext, detectron2._C, selective_scan_cuda.
Why it matters
    The package's own kernels are in that module: mmcv without it has no operators, as a package of Python alone or one
    whose build found no compiler or another torch.
How to fix
    Install the build for this torch, or compile it here against the installed torch.
References
    https://mmcv.readthedocs.io/en/latest/get_started/installation.html
    https://docs.pytorch.org/docs/stable/cpp_extension.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import KernelResult, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes.extensions import published
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.matrix.topics.extensions import distribution_of
from torch_doctor.rules.packages._companion import built_for_this_torch

_COMPILED = r"(?:_ext|_C|_cuda|\w+_(?:cuda|ext))"
_OTHERS = r"(?!torch\b|torchvision\b|torchaudio\b)"
_ABSENT = (
    r"(?:(?:ModuleNotFoundError|ImportError): (?:DLL load failed while importing )?)?"
    r"(?:(?<![(\"'])No module named ['\"]?"
    rf"(?P<path>{_OTHERS}(?:\w+\.){{1,6}}{_COMPILED}|\w+_(?:cuda|ext))['\"]?(?![\w.])"
    rf"|cannot import name ['\"]{_COMPILED}['\"] from ['\"](?P<of>{_OTHERS}\w[\w.]*)['\"])"
)


@rule("TD534", severity="error", cause="extension-abi-mismatch")
def check(
    errors: Errors,
    matrix: Matrix,
    torch_version: TorchVersion | None = None,
    torch_cuda: CudaVersion | None = None,
    packages: tuple[Package, ...] = (),
    traceback_packages: tuple[str, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    seen = errors.matching(_ABSENT)
    found = re.search(_ABSENT, seen[0].text, re.IGNORECASE) if seen else None
    if found is None:
        return
    module = found["path"] or found["of"]
    owner, _, inner = module.partition(".")
    package = owner.replace("_", "-") if inner or found["of"] else None
    package = package or distribution_of(module, matrix, traceback_packages) or module
    whole = f"{package}-full"  # mmcv's operators had a package of their own
    package = whole if any(one.name == whole for one in packages) else package
    pages = list(published(package, torch_version, torch_cuda, matrix, packages))
    ran = any(result.ok for result in kernel_results)
    yield finding(
        "extensions",
        f"{module} is not there: {package} was installed without its compiled part, or for another torch",
        fixes=[*pages, *built_for_this_torch(package, matrix, served=bool(pages))],
        severity=Severity.WARNING if ran else None,
        confidence="medium",
    )
