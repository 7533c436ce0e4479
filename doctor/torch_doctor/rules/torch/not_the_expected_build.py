"""The installed torch is not the build that the user expects.

What it checks
    --expect against the installed build: its release (2.9, 2.9.1), its kind (cpu, cuda, rocm) and its CUDA
    (cu128, or cu12 for any CUDA 12).
Why it matters
    An index that was not asked, a lock file or a mirror can bring another build without a word.
How to fix
    Install the build that is expected, from its index.
References
    docs/gates.md
    https://pytorch.org/get-started/locally/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known, Reason, Unavailable
from torch_doctor.core.rule import Draft, UndecidedError, finding, rule
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix import expected_build as builds
from torch_doctor.matrix.store import Matrix

_ELSE = "expect another, or name the index that has it"


@rule("TD425", severity="error", cause="wheel-index-wrong", explains=("TD401", "TD402", "TD410"))
def check(
    required_builds: tuple[str, ...],
    torch_version: Fact[TorchVersion],
    torch_cuda: Fact[CudaVersion],
    cures: Cures,
    matrix: Matrix,
    torch_variant: str | None = None,
) -> Iterator[Draft]:
    version = torch_version.value if isinstance(torch_version, Known) else None
    cuda = torch_cuda.value if isinstance(torch_cuda, Known) else None
    kind = torch_variant or ("cuda" if cuda else "")
    unread = None
    for text in required_builds:
        try:
            wanted = builds.read_expected(text, matrix)
        except builds.NoBuildError as error:
            yield finding("torch", f"{text or 'a build'} expected: {error}; {error.cure}")
            continue
        if version is not None and wanted.takes(version, kind, cuda):
            continue
        if torch_version.lost or (torch_cuda.lost and wanted.variant):
            unread = "torch_version" if torch_version.lost else "torch_cuda"
            continue
        rows = builds.builds_of(wanted, matrix, cures.machine.wheel_platform)
        cure = cures.one_of(rows) or (fixes.by_hand(f"no published build is {text}: {_ELSE}"),)
        cause, found = _cause(wanted, kind), f"found torch {version}{_about(version, cuda, kind)}"
        if isinstance(torch_version, Unavailable):
            absent = torch_version.reason is Reason.NOT_PRESENT
            found = "no torch is installed" if absent else "which torch is installed is not known"
            cause = "torch-not-installed" if absent else None
        yield finding("torch", f"{text} expected, {found}", cause=cause, fixes=cure)
    if unread:
        raise UndecidedError(unread)


def _about(version: TorchVersion | None, cuda: CudaVersion | None, kind: str) -> str:
    """Return what a plain version is built for; one with a local part says it itself."""
    tagged = (version is not None and version.local) or not kind
    return "" if tagged else f" (built for {f'CUDA {cuda}' if cuda else kind})"


def _cause(wanted: builds.ExpectedBuild, kind: str) -> str | None:
    """Return the cause where the kinds differ; another CUDA or release comes from another index."""
    cuda, rocm = wanted.variant.startswith("cu"), wanted.variant.startswith("rocm")
    if cuda and kind == "cpu":
        return "cpu-only-torch-build"
    return "rocm-vs-cuda" if (cuda and kind == "rocm") or (rocm and kind == "cuda") else None
