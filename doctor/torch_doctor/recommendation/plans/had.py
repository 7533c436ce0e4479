"""How a companion beside a build of torch is had where its wheel of the default index is none for that."""

from __future__ import annotations

from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.matrix.builds.beside import cuda_majors_of, traits_of
from torch_doctor.matrix.store import Matrix

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch_doctor.core.version import CudaVersion
    from torch_doctor.matrix.law.machine import Machine
    from torch_doctor.recommendation.solving.companions.shelf import Fit


def had_by(
    fit: Fit, cuda: CudaVersion, machines: Sequence[Machine], matrix: Matrix
) -> Iterator[str]:
    """Say by what the kernels of a companion are compiled, where that is done on the machine."""
    name, traits = fit.release.package, traits_of(fit.release.package, matrix)
    if fit.origin == "source":
        yield built(fit, cuda, matrix)
    elif traits is not None and traits.on_use == "nvcc":
        yield (
            f"{name} compiles its kernels when they are first used, against this torch: that takes nvcc of CUDA "
            f"{cuda.major} and a compiler for C++"
        )
    elif traits is not None and traits.on_use == "triton" and _on_windows(machines):
        yield f"{name} compiles its kernels by triton, for Windows triton-windows, which torch does not bring"


def _on_windows(machines: Sequence[Machine]) -> bool:
    return any(machine.platform == "windows" for machine in machines)


def built(fit: Fit, cuda: CudaVersion, matrix: Matrix) -> str:
    """Say by what a companion is compiled against the torch of *cuda*."""
    name, traits = fit.release.package, traits_of(fit.release.package, matrix)
    nvcc = f"nvcc of CUDA {cuda.major}"
    if fit.address:
        return (
            f"the package index has no {name}: it is built from its makers' source against this torch, in a second "
            f"step, by {nvcc}; where the build sees no GPU, FORCE_CUDA=1 keeps CUDA in"
        )
    if traits is not None and traits.without_code == "degrades":
        return f"{name} compiles its operators when they are first used, against this torch: that takes {nvcc}"
    words = f"{name} is built against this torch, in a second step, by {nvcc}"
    looks = any(row.package == name and row.wheels for row in matrix.source_builds)
    return words + (
        ", unless its setup finds a prebuilt wheel on its releases page" if looks else ""
    )


def of_torchs_index(
    fit: Fit, cuda: CudaVersion, index_url: str, machine: Machine, matrix: Matrix
) -> str | None:
    """Say that the wheel of the default index is for another CUDA than the one that torch's own index has beside it."""
    there = ("any", machine.wheel_platform)
    builds = [build for build in fit.release.builds if build.platform in there]
    majors = {major for build in builds for major in cuda_majors_of(build, matrix)}
    if not majors or cuda.major in majors:
        return None
    return (
        f"{fit.release.name} has to come from {index_url}, as torch does: "
        f"the default index has it for CUDA {' and '.join(map(str, sorted(majors)))}"
    )
