"""A compiled module wants a file of torch that this torch does not put in reach.

What it checks
    libtorch*.so or libc10*.so that the loader misses by its bare name, on behalf of another module than torch.
Why it matters
    Which files torch has differs between its releases and builds: libtorch_cuda_cu.so came and went, libtorch_hip.so
    is of ROCm builds. The module was linked to another torch, or was imported before torch.
How to fix
    Import torch first. If that does not help, install the build of the module for this torch.
References
    https://docs.pytorch.org/docs/stable/cpp_extension.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ImportFailure
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.extensions import published
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.matrix.topics.extensions import distribution_of
from torch_doctor.rules.packages._companion import OF_TORCH

# Companions of torch have rules of their own; a file of torch that misses another is torch's install.
_IN_EVERY = regex(r"lib(?:torch(?:_cpu|_cuda|_python|_global_deps)?|c10(?:_cuda)?)\.so")
_OTHERS = r"torchvision|torchaudio|torchtext|torchcodec|torchao|libtorch|libc10"


@rule(
    "TD527",
    severity="error",
    cause="extension-abi-mismatch",
    breaks="cuda",
    about=("torch_import_error", "import_failures", "errors"),
)
def check(
    matrix: Matrix,
    torch_import_error: str = "",
    torch_version: TorchVersion | None = None,
    torch_cuda: CudaVersion | None = None,
    import_failures: tuple[ImportFailure, ...] = (),
    traceback_packages: tuple[str, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    wanted = errors.missing(OF_TORCH)
    spoken_for = {f.missing for f in wanted if re.search(_OTHERS, f.module or "")}
    for failure in wanted:
        name = failure.missing or ""
        if name in spoken_for or name in torch_import_error:
            continue
        # the text tells the file alone; what was read around it may tell the module too
        module = next((f.module for f in wanted if f.missing == name and f.module), "a module")
        extension = None if module == "a module" else module
        package = distribution_of(extension, matrix, traceback_packages) or module
        which = f" {torch_version}" if torch_version else ""
        message = f"{module} needs {name}, which torch{which} does not put in its reach: it was built for another torch"
        first = fixes.by_hand("import torch before it: the loader then has torch's files")
        text = f"install the build of {package} for this torch, or build it beside it"
        page = list(published(package, torch_version, torch_cuda, matrix))
        again = page or [fixes.build_package(text, package)]
        # what every torch has is there once torch is imported; the other files only some builds have
        cure = [first, *again] if _IN_EVERY.match(name) else [*again, first]
        yield finding("extensions", message, fixes=cure, confidence="medium")
        return
