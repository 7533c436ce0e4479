"""The release of torch for Windows that has a broken DLL mended. Shared by the rules of this folder."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.records import Gpu
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.fixes.kinds import InstallTorch
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.store import Matrix

WITH_OPENMP = "2.4.1"
LACKS = "fbgemm.dll of 2.4.0 lacks libomp140.x86_64.dll"


def mended(
    torch: TorchVersion | None,
    gpus: tuple[Gpu, ...],
    cures: Cures,
    matrix: Matrix,
) -> Iterator[Action]:
    """Yield the install of the release that has the file mended: for the CUDA of *torch*, or of what serves *gpus*."""
    if torch is None:
        return
    rows = matrix.select(TorchBuild, torch=WITH_OPENMP, platform="windows-x86_64")
    same = [row for row in rows if row.variant == torch.local]
    found = cures.one_of(same or [row for row in rows if gpus and row.variant.startswith("cu")])
    if found:
        for one in found:
            if isinstance(one, InstallTorch):
                yield one._replace(condition=f"{one.condition}: {LACKS}")
        return
    spec = f"torch=={WITH_OPENMP}+{torch.local}" if torch.local else f"torch=={WITH_OPENMP}"
    yield cures.put(f"install {spec}: {LACKS}", spec, index=cures.wheel_index, deps=True)
