"""Did anybody ask for CUDA here, and why is there a CPU build? Shared by the rules of this folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.core.fact import Fact, Known, Reason, Unavailable
from torch_doctor.core.finding import Action
from torch_doctor.core.records import Gpu, Package
from torch_doctor.core.startup import Any
from torch_doctor.core.version import DriverRelease, TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.fixes.two_torches import two_torches
from torch_doctor.matrix.gpus.words import chip_in
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix

_ERRORS = (
    r"CUDA is not available|no CUDA-capable device|torch\.cuda\.is_available\(\) is False"
    r"|built for:? PyTorch \S+\+cu\d+ with CUDA \S+ \(you have \S+\+cpu\)"
    r"|(?:install|get)\b.{0,40}\bCUDA (?:version|build|variant)s? of (?:py)?torch"
    r"|(?:pytorch-cpu|cpu[- ]only (?:py)?torch|cpu[- ](?:version|build|variant))\b.{0,80}"
    r"\b(?:although|though|but|despite|while|whereas|have|has)\b.{0,30}\b(?:gpu|cuda|nvidia)\b"
    r"|xFormers can't load C\+\+/CUDA extensions"
    r"|torch\.cuda\.is_available\(\)\s*(?:->|=|==|:|returns)?\s*False|CUDA GPUs? (?:is|are) (?:required|available)"
    r"|(?:install|get|got|grab|gave|give|pick|chose|select)\w*\b.{0,60}\bcpu(?:[- ]only)? (?:version|build|variant)"
)
_COMMAND = r"/whl/(?:\w+/)?cu\d{2,4}\b|\+cu\d{2,4}\b|cudatoolkit ?=|pytorch-cuda ?=|cuda-version ?="


def wanted(
    errors: Errors,
    required_gpus: int | None = None,
    commands: Iterable[str] = (),
    indexes: Iterable[str] = (),
) -> str | None:
    """Return what asked for CUDA: the user, an error of a program, or an install command; None where nothing did."""
    if required_gpus:
        return "a GPU is required"
    seen = errors.of("torch_cpu_only") or errors.of("torch_no_driver") or errors.matching(_ERRORS)
    if seen:
        return "a program asked for CUDA"
    if any(re.search(_COMMAND, text) for text in (*commands, *indexes)):
        return "a CUDA build was asked for"
    return None


def why_cpu(os_family: str | None, host_arch: str | None, index: str | None, *, conda: bool) -> str:
    """Return why an installer took a CPU build of torch, as the end of a sentence; an empty string where unknown."""
    if conda:
        return ": conda chose the CPU variant"
    if index and index.rstrip("/").endswith("/cpu"):
        return f": pip is configured to use {index}"
    if os_family == "windows":
        return ": on Windows the default index serves CPU builds only"
    arm = host_arch == "aarch64"
    return ": on aarch64 the default index served CPU builds before torch 2.11" if arm else ""


def by_conda(packages: Iterable[Package], installer: str | None, origin: str | None) -> bool:
    """Whether conda chose the build, or keeps a package to have CPU builds chosen."""
    if installer == "conda" or origin in ("conda-forge", "anaconda"):
        return True
    held = {(package.name, package.build) for package in packages}
    return ("pytorch-mutex", "cpu") in held or any(name == "cpuonly" for name, _ in held)


def is_reported(
    gpus: Fact[tuple[Gpu, ...]], asked: str | None, driver: DriverRelease | None, bus: object
) -> bool:
    """Whether there are GPUs for a build with CUDA: they are listed, or a driver or a wish tells of them.

    An empty *bus* says that no build would find one.
    """
    known = asked is not None or (driver is not None and unseen(gpus))
    return bool(gpus.value) if isinstance(gpus, Known) and gpus.value else known and bus != ()


def is_cpu(variant: Fact[str], version: TorchVersion | None, *, denied: bool) -> bool:
    """Whether the build is one for the CPU: by its variant, else by its version, or because a program *denied* so."""
    if isinstance(variant, Known):
        return variant.value == "cpu"
    return denied or (version is not None and version.local == "cpu")


def of_cpu(version: TorchVersion | None) -> str:
    """Return the version behind the name of a CPU build; nothing where it names a CUDA, as that of another torch."""
    return "" if version is None or version.local.startswith("cu") else f" {version}"


def in_words(
    torch: TorchVersion | None,
    os_family: str | None,
    host_arch: str | None,
    index: str | None,
    *,
    conda: bool,
) -> str:
    """Say that *torch* is a CPU build, and why an installer took it."""
    return f"torch{of_cpu(torch)} is a CPU build{why_cpu(os_family, host_arch, index, conda=conda)}"


def _rebuilt(origin: str | None) -> Iterator[Action]:
    """Yield how to build a torch again with CUDA that was built from its sources; nothing for any other."""
    if origin == "source":
        text = (
            "build it again with CUDA: its build found no toolkit, so put nvcc of a CUDA toolkit on PATH, set "
            "CUDA_HOME and USE_CUDA=1, and clean the old build first"
        )
        build = "USE_CUDA=1 python -m pip install --no-build-isolation -v -e ."
        yield fixes.by_hand(
            text, "export CUDA_HOME=/usr/local/cuda", "python setup.py clean", build
        )


def cures_of(origin: str | None, packages: tuple[Package, ...], cures: Cures) -> Iterable[Action]:
    """Return conda's own build for CUDA where a wheel hides it; else what is built or installed instead."""
    both = two_torches(packages)
    if both is not None and both.hides_cuda:
        return [cures.keep_conda(both)]
    return [*_rebuilt(origin), *cures.another_build()]


def tells_of_build(gpus: Fact[Any], available: bool | None, *, wanted: bool | None) -> bool:
    """Whether a report that names no GPU is told of its build: torch said no, or nobody said that none is *wanted*.

    Where a probe looked for GPUs, there is an answer or a failure.
    """
    asked_nobody = isinstance(gpus, Unavailable) and gpus.reason is Reason.NOT_ASKED
    return (asked_nobody and wanted is not False) or (unseen(gpus) and available is False)


def is_elsewhere(
    gpus: Fact[tuple[Gpu, ...]],
    driver: DriverRelease | None,
    others: tuple[str, ...],
    matrix: Matrix,
) -> bool:
    """Whether all GPUs that are told of are of *others*, for which torch has builds of their own; none is NVIDIA's."""
    chips = [chip_in(name, matrix) for name in others]
    ours = driver is not None or bool(isinstance(gpus, Known) and gpus.value)
    return bool(chips) and not ours and all(chip and chip.linux for chip in chips)


def unseen(gpus: Fact[Any]) -> bool:
    """Whether nobody tells if there are GPUs: to have none is an answer."""
    return isinstance(gpus, Unavailable) and not gpus.reason.is_answer
