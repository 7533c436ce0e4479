"""Packages that bring a library of their own for each CUDA, and open the one that goes with torch's."""

from __future__ import annotations

from torch_doctor.core.text import listing
from torch_doctor.core.version import CudaVersion, allows
from torch_doctor.matrix.builds.rows import CompanionBuild, CompanionTraits

# The runtime of a later CUDA takes the place of an earlier one of its major from here on.
ONE_RUNTIME_SINCE = 11


def opened(build: CompanionBuild, cuda: CudaVersion, traits: CompanionTraits) -> str | None:
    """Return for which CUDA the library is that a build opens beside torch: for torch's own, else the nearest one.

    A newer one serves only where there is none that is older, and none serves another major.
    """
    names = dict(build.cudas)
    if str(cuda) in names:
        return str(cuda)
    since = traits.nearest_since
    if since is None or allows(f">={since}", build.version) is False:
        return None
    same = sorted(one for one in map(CudaVersion.parse, names) if one.major == cuda.major)
    older = [one for one in same if one < cuda]
    return str((older[-1:] or same[:1])[0]) if same else None


def none_for(build: CompanionBuild, cuda: CudaVersion, traits: CompanionTraits) -> str:
    """Say that a build which brings libraries for single CUDAs has none that it opens beside torch, else nothing."""
    if not build.cudas or opened(build, cuda, traits) is not None:
        return ""
    name, there = f"{build.package} {build.version}", listing([one for one, _ in build.cudas])
    return f"{name} brings no library for CUDA {cuda}, that of torch: it has those for {there}"


def of_cuda(
    build: CompanionBuild, cuda: CudaVersion | None, traits: CompanionTraits
) -> CompanionBuild:
    """Return a build with the GPU code of the one library that it opens, as far as that was measured."""
    own = opened(build, cuda, traits) if build.cudas and cuda else None
    targets = dict(build.cudas).get(own or "", "").split()
    if not targets:
        return build
    code = tuple(one for one in targets if one.startswith("sm_"))
    return build._replace(archs=code, ptx=tuple(one for one in targets if one not in code))


def runtime_of(cuda: CudaVersion) -> str:
    """Return the runtime library that a build of torch brings, ``libcudart.so.12``; up to CUDA 10 each has its own."""
    if cuda.major < ONE_RUNTIME_SINCE:
        return f"libcudart.so.{cuda}"
    return f"libcudart.so.{cuda.major}" + (".0" if cuda.major == 11 else "")
