"""What speaks against companions as they are installed beside a torch, by the rows of their builds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch_doctor.core.records import UNKNOWN_BUILD, Package
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.matrix.builds.beside import Clash, Torch, build_for, clashes, traits_of
from torch_doctor.matrix.builds.query import builds_of
from torch_doctor.matrix.builds.rows import CompanionBuild
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.store import Matrix


def installed_clashes(
    packages: Iterable[Package],
    torch: TorchVersion,
    cuda: CudaVersion,
    machine: Machine,
    matrix: Matrix,
) -> Iterator[tuple[CompanionBuild, Clash]]:
    """Yield what the runtime and the GPU code of installed companions say against them, each with its build.

    What conda or another index built is not on record, and is not judged; nor is a version that names no build. What
    is released with torch is judged where it is of the default index, and torch is not.
    """
    for package in packages:
        version = TorchVersion(package.version)
        traits = traits_of(package.name, matrix)
        if traits is None or version.local or package.installer == "conda":
            continue
        if package.build == UNKNOWN_BUILD:
            continue
        if traits.on_torch_index == "every" and not torch.local.startswith("cu"):
            continue
        rows = builds_of(matrix, package.name, package.version)
        build = build_for(rows, machine._replace(python=None))  # it is there, whatever it asks
        if build is None or isinstance(build, Clash):
            continue
        if build.links_torch is False and build.torch is None:
            continue  # it finds its libraries without torch, too
        against = list(clashes(build, Torch(torch.public, cuda), machine, matrix))
        if (
            traits.on_torch_index == "every"
            and against[:1]
            and against[0].kind == "companion-torch"
        ):
            continue  # one release, one torch: the wrong pair says it all
        for clash in against:
            if clash.kind == "companion-cuda" or (clash.kind == "companion-gpu" and clash.fails):
                yield build, clash
