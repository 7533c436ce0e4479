"""NVIDIA packages for two CUDA majors that write the same files. Shared by the rules of this folder."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.records import Package
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.builds.overlaps import shared_files
from torch_doctor.matrix.builds.rows import SharedLibrary
from torch_doctor.matrix.store import Matrix


def doubled_by_major(
    packages: tuple[Package, ...], matrix: Matrix
) -> dict[SharedLibrary, dict[int, Package]]:
    """Return the components that are installed for more than one CUDA major, and their packages by major."""
    majors: dict[SharedLibrary, dict[int, Package]] = {}
    for package in packages:
        shared = shared_files(package.name, package.version, matrix)
        if shared:
            majors.setdefault(shared.row, {})[shared.major] = package
    return {row: found for row, found in majors.items() if len(found) > 1}


def one_major(
    doubled: dict[SharedLibrary, dict[int, Package]], torch_cuda: CudaVersion | None, cures: Cures
) -> Iterator[Action]:
    """Yield what leaves the packages of one CUDA major: torch's, where it is known."""
    if torch_cuda is None and doubled:
        both = [package.name for found in doubled.values() for package in found.values()]
        away = cures.remove("remove the packages of both CUDAs, which wrote the same files", *both)
        yield fixes.in_turn(away, cures.torch_again(", which brings those of its CUDA"))
    if torch_cuda is None or not doubled:
        yield fixes.by_hand(
            "make a fresh environment with one CUDA major for torch and all that is built on it: drop the nvidia-* "
            "packages of the other major (-cu11, -cu12, -cu13) from the requirements, and let torch bring its own"
        )
        return
    own = [found[torch_cuda.major] for found in doubled.values() if torch_cuda.major in found]
    alien = [p for f in doubled.values() for major, p in f.items() if major != torch_cuda.major]
    away = cures.remove("remove the other CUDA's packages", *(p.name for p in alien))
    specs = [f"{package.name}=={package.version}" for package in own]
    # they wrote the same files: without the one, the other is not whole
    again = cures.put("install torch's own again", *specs)
    yield fixes.in_turn(away, again) if specs else away
