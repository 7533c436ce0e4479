"""Which torch it is, where nobody tells: what each answer decides of the packages that go with it."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.text import listing
from torch_doctor.core.version import CudaVersion, SmTarget, TorchVersion
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.law.companions import companion_version
from torch_doctor.matrix.law.search import PUBLISHED, candidates
from torch_doctor.matrix.query import driver_floor
from torch_doctor.matrix.store import Matrix

# It reads the record of the install: a torch that does not import answers, too.
VERSION = "python -c \"from importlib.metadata import version; print(version('torch'))\""
CUDA = 'python -c "import torch; print(torch.__version__, torch.version.cuda)"'
_EXAMPLES = 3
_INSTALL = "python -m pip install --force-reinstall"


def of_companion(name: str, torch: TorchVersion | None, platform: str, matrix: Matrix) -> str:
    """Say how the build of torch tells which *name* goes with it, and from which index: of *torch*, or of any."""
    pairs = list(_pairs(name, torch, platform, matrix))
    which = f" {torch.public}" if torch else ""
    text = f"see which build torch is, and install the {name} that goes with torch{which}"
    if not pairs:
        return f"{text}, from the same index: for +cu126 that is whl/cu126, for +cpu whl/cpu"
    row, version = pairs[0]
    others = [f"torch {other.torch} takes {own}" for other, own in pairs[1:]]
    more = f" ({listing(others)})" if others else ""
    return (
        f"{text}: for {row.torch}+{row.variant} by {_INSTALL} --no-deps {name}=={version} --index-url {row.index_url}, "
        f"for a bare {row.torch} without --index-url{more}"
    )


def of_torch(platform: str, matrix: Matrix) -> str:
    """Say how the build of torch tells how the same is installed again, and which ones serve where it is lost."""
    ladder = _ladder(platform, matrix)
    row = ladder[-1]
    rungs = listing([_rung(each, platform, matrix) for each in ladder], "or")
    return (
        f"see which build torch is, and install the same again: {row.torch}+{row.variant} by {_INSTALL} "
        f"torch=={row.torch} --index-url {row.index_url}; a bare {row.torch} is a CPU build. Where nothing names it, "
        f"the driver and the GPU choose the index: {rungs}"
    )


def of_extension(
    package: str, address: str, torch: TorchVersion | None, last: str | None, matrix: Matrix
) -> str:
    """Say how torch's release and CUDA name the page at *address*, which lists the builds of *package*."""
    text = f"see torch's release and its CUDA, which name the build of {package}"
    row = _of_default_index(torch.public if torch else last, matrix)
    if row is not None and row.cuda:
        short = row.torch.rpartition(".")[0]
        page = address.format(full=row.torch, short=short, tag=row.variant)
        text += f": for {row.torch} and {row.cuda} ({row.variant}) it is {_INSTALL} --no-deps {package} -f {page}"
    beyond = last and not torch
    return f"{text}; for torch after {last} there is none, and it is compiled" if beyond else text


def _of_default_index(release: str | None, matrix: Matrix) -> TorchBuild | None:
    """Return the newest build for CUDA that the default index has: of *release* (2.4.1, 2.4), or of any."""
    found = (
        row
        for row in candidates("linux-x86_64", matrix)
        if row.status == PUBLISHED and row.on_pypi
        if release is None or f"{row.torch}.".startswith(f"{release}.")
    )
    return next(found, None)


def _rung(row: TorchBuild, platform: str, matrix: Matrix) -> str:
    floor = driver_floor(matrix, CudaVersion.parse(row.cuda or "0.0"), platform)
    drivers = f"drivers from {floor.driver} on" if floor else "newer drivers"
    served = sorted(SmTarget.parse(arch).capability for arch in row.archs or ())
    gpus = f" and GPUs of compute capability {served[0]} to {served[-1]}" if served else ""
    return f"{row.variant} for {drivers}{gpus}"


def _ladder(platform: str, matrix: Matrix) -> list[TorchBuild]:
    """Return the builds of the newest release that has some for two majors of CUDA: of each the oldest CUDA's."""
    of_release: dict[str, dict[str, TorchBuild]] = {}
    for row in _tagged(platform, matrix):
        majors = of_release.setdefault(row.torch, {})
        majors[(row.cuda or "").partition(".")[0]] = row
    rungs = (list(majors.values()) for majors in of_release.values())
    return next(those for those in rungs if len(those) > 1)


def _pairs(
    name: str, torch: TorchVersion | None, platform: str, matrix: Matrix
) -> Iterator[tuple[TorchBuild, str]]:
    """Yield a build of each minor release (of *torch* alone, where it is known) with the *name* that goes with it."""
    widest = {row.torch: row for row in _tagged(platform, matrix)}
    minors: set[str] = set()
    for release, row in widest.items():
        version = companion_version(matrix, name, release)
        minor = release.rpartition(".")[0]
        fits = minor not in minors if torch is None else release == torch.public
        if version and fits and len(minors) < _EXAMPLES:
            minors.add(minor)
            yield row, version


def _tagged(platform: str, matrix: Matrix) -> Iterator[TorchBuild]:
    """Yield the published builds that an index of their own has, newest release and CUDA first."""
    for row in candidates(f"{platform}-x86_64", matrix):
        if row.status == PUBLISHED and row.index_url:
            yield row
