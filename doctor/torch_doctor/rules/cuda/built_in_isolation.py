"""A package is compiled without the installed torch, because the installer builds in isolation.

What it checks
    Paths and steps of pip's, uv's or poetry's temporary build environment in the failing output.
Why it matters
    The build environment has no torch, or the newest one, whose CUDA fits neither nvcc nor driver nor the torch in use.
How to fix
    Build with --no-build-isolation, with torch installed first.
References
    https://pip.pypa.io/en/stable/reference/build-system/#build-isolation
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Action, Severity
from torch_doctor.core.records import ErrorSeen, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.matrix.topics.extensions import named_in
from torch_doctor.rules.cuda._toolkit import BUILD_TOOLS, WITHOUT_ISOLATION

_TROUBLE = (
    r"mismatches the version|too old \(found version|CUDA_HOME|(?:fail|error|find|no such|fatal).{0,60}\bnvcc"
    r"|\bnvcc\b.{0,40}(?:fatal|fail|not found|no such|missing|error|unsupported)"
)
_NO_TORCH = (
    r"No module (?:named |called )?[`'\"]{0,2}torch[`'\"]{0,2}(?![\w-]|\.\w)"
    r"|find (?:the )?(?:module )?[`'\"]?torch\b(?![\w-]|\.\w)"
)
_LACKS = r"(lib[\w+-]+\.so[.\d]*): cannot open shared object"


@rule(
    "TD304", severity="error", cause="nvcc-cuda-home-mismatch", breaks="cuda", explains=("TD120",)
)
def check(
    build_isolated: bool,
    errors: Errors,
    matrix: Matrix,
    torch_version: TorchVersion | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    install_commands: tuple[str, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    if not build_isolated or any(result.ok for result in kernel_results):
        return
    texts = [error.text for error in errors_seen]
    package = named_in((*texts, *install_commands), matrix)
    own = _own_torch(package, installed=torch_version is not None)
    cause, severity = None, None
    lacks = next(filter(None, (re.search(_LACKS, text) for text in texts)), None)
    if errors.matching(_NO_TORCH):
        cause = "torch-not-installed"
        message = f"{package or 'the package'} is built in an environment of the installer, which has no torch"
    elif lacks:
        cause = "cuda-libs-missing"
        message = f"the temporary torch of the build environment does not find {lacks[1]}"
    elif errors.matching(_TROUBLE) or errors.matching(r"\berror:"):
        # A build that fails for another reason is only likely to need the installed torch.
        severity = None if errors.matching(_TROUBLE) else Severity.WARNING
        message = "the package is compiled against a temporary torch of pip's build environment"
    else:
        return
    yield finding("extensions", message, severity=severity, cause=cause, fixes=[own])


def _own_torch(package: str | None, *, installed: bool) -> Action:
    """Return the build of *package* that sees the torch of the environment that it is for."""
    text = "build it against the installed torch, with --no-build-isolation"
    if not installed:
        text = "install torch first where it is not, then build it against that torch, with --no-build-isolation"
    if package is None:
        return fixes.by_hand(f"{text}: {WITHOUT_ISOLATION}", BUILD_TOOLS)
    return fixes.build_package(text, package)
