"""Does a companion package (torchvision, torchaudio, triton …) go with the torch beside it?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from torch_doctor.core.finding import Receipt, Severity
from torch_doctor.core.records import Package
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion, TorchVersion, allows
from torch_doctor.matrix.builds.query import builds_of
from torch_doctor.matrix.builds.rows import Companion, CompanionBuild
from torch_doctor.matrix.store import Matrix, receipt

_MINOR = 2  # numbers of a version that names no patch release


class Mismatch(NamedTuple):
    """A companion that does not fit, in words, with the row that says so."""

    message: str
    severity: Severity
    because: tuple[Receipt, ...] = ()


def judge_companion(
    name: str,
    packages: tuple[Package, ...],
    torch: TorchVersion,
    torch_cuda: CudaVersion | None,
    matrix: Matrix,
) -> Mismatch | None:
    """Return what is wrong with the installed *name* beside *torch*, or None where nothing is known against it."""
    installed = next((package for package in packages if package.name == name), None)
    if installed is None:
        return None
    version = TorchVersion(installed.version)
    row = _row(matrix, name, version, torch)
    if row is not None and torch.is_release and not _fits(row, torch.public):
        message = f"{name} {installed.version} goes with torch {row.torch}, not with torch {torch}"
        severity = Severity.WARNING if _same_minor(row, torch) else Severity.ERROR
        return Mismatch(message, severity, (receipt("companions", row),))
    return _other_cuda(name, version, torch, torch_cuda)


def companion_version(matrix: Matrix, package: str, torch: str) -> str | None:
    """Return the newest recorded release of *package* that goes with *torch*, or None."""
    fitting = [
        row.version
        for row in matrix.companions
        if row.package == package and row.torch and _fits(row, torch)
    ]
    return max(fitting, key=_numbers, default=None)


def companion_beside(
    matrix: Matrix, package: str, torch: str, installed: Iterable[Package]
) -> str | None:
    """Return the release of *package* for *torch*: what an *installed* companion of it pins, else the newest."""
    traits = {row.package for row in matrix.companion_traits} - {package}
    for one in installed:
        builds = builds_of(matrix, one.name, one.version) if one.name in traits else ()
        for build in builds:
            pin = dict(build.pins).get(package, "")
            if pin[:1].isdigit() and allows(build.torch or "", torch):
                return pin
    return companion_version(matrix, package, torch)


def beyond_its_makers(package: str, torch: TorchVersion, matrix: Matrix) -> Companion | None:
    """Return the row of the newest *package* that is built from source where its makers do not name *torch*.

    None where they name it, where an older release of it goes with it, and where *torch* is no release.
    """
    rows = [row for row in matrix.companions if row.package == package and row.torch]
    if not torch.is_release or any(_fits(row, torch.public) for row in rows):
        return None
    builds = matrix.select(CompanionBuild, package=package)
    if not any(build.abi == "source" for build in builds):
        return None
    return max(rows, key=lambda row: _numbers(row.version), default=None)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


def _row(matrix: Matrix, name: str, version: TorchVersion, torch: TorchVersion) -> Companion | None:
    """Return the row of a release that names its torch.

    What was built anew (3.5.0.post21) and has no row of its own is that release; of two numbers (3.5) it is any of
    theirs, of which one that goes with *torch* is taken where there is one.
    """
    rows = [row for row in matrix.companions if row.package == name and row.torch]
    release = ".".join(map(str, version.release))
    found = [row for row in rows if row.version == version.public]
    found = found or [row for row in rows if row.version == release]
    if not found and len(version.release) == _MINOR:
        found = [row for row in rows if row.version.startswith(f"{release}.")]
    return next((row for row in found if _fits(row, torch.public)), found[0] if found else None)


def _fits(row: Companion, torch: str) -> bool:
    return allows(row.torch or "", torch) is not False


def _same_minor(row: Companion, torch: TorchVersion) -> bool:
    """Whether only the patch release differs: operators are registered alike within a minor release."""
    wanted = (row.torch or "").removeprefix("==").split(".")
    return wanted[:2] == [str(number) for number in torch.release[:2]]


def _other_cuda(
    name: str, version: TorchVersion, torch: TorchVersion, torch_cuda: CudaVersion | None
) -> Mismatch | None:
    """A local tag that names another CUDA: pip accepts the pair, the loader does not."""
    own = version.local
    if not own.startswith("cu") and own != "cpu":
        return None
    expected = torch_cuda.tag if torch_cuda else torch.local
    if own == "cpu" and torch_cuda is not None:
        message = f"{name} {version} is a CPU build beside torch {torch} for CUDA {torch_cuda}"
        return Mismatch(message, Severity.ERROR)
    if own.startswith("cu") and expected.startswith("cu") and own != expected:
        message = f"{name} {version} is built for {own}, torch for {expected}"
        same = _major(own) == _major(expected)
        # torchvision refuses another CUDA major, torchaudio refuses any other CUDA.
        return Mismatch(
            message, Severity.WARNING if same and name != "torchaudio" else Severity.ERROR
        )
    return None


def _major(tag: str) -> str:
    """The CUDA major of ``cu128``, ``cu92``, ``cu118.torch2`` and ``cuda11.8``: people name their own builds."""
    match = re.match(r"cu(?:da)?[-_]?(\d{1,4})", tag)
    if not match:
        return tag
    return match[1][: 1 if len(match[1]) == 2 and match[1][0] != "1" else 2]
