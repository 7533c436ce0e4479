"""Whether a build of torch that no row names may be published all the same."""

from __future__ import annotations

from torch_doctor.core.version import CudaVersion
from torch_doctor.matrix.builds.systems import OpenIndex
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix


def open_index(torch: str, variant: str, platform: str, matrix: Matrix) -> OpenIndex | None:
    """Return the row of the index that may have this pair on *platform*, None where its absence is a no."""
    return next(
        (
            row
            for row in matrix.open_indexes
            if row.variant == variant
            and platform in row.platforms
            and release_key(row.since) <= release_key(torch) <= release_key(row.until)
        ),
        None,
    )


def unnamed(row: OpenIndex, torch: str, platform: str, matrix: Matrix) -> str:
    """Say that a pair is not on record, and which builds are: of that index, and of that release."""
    on_platform = [
        build
        for build in matrix.torch_builds
        if build.platform == platform and build.status == "published" and build.cuda
    ]
    there = [build.torch for build in on_platform if build.variant == row.variant]
    others = [build.variant for build in on_platform if build.torch == torch]
    index = ", ".join(sorted(set(there), key=release_key)) or "none"
    release = ", ".join(sorted(set(others), key=CudaVersion.from_tag)) or "no CUDA"
    return (
        f"torch {torch}+{row.variant} is not on record for {platform}, and may be published: only some releases of "
        f"that index are known ({index}); torch {torch} is on record for {release}"
    )
