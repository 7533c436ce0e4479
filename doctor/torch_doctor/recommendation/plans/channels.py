"""The conda channel of a build: pytorch's own while it went on, conda-forge where it has the same torch and CUDA."""

from __future__ import annotations

from collections.abc import Sequence

from torch_doctor.core.finding import Receipt
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion
from torch_doctor.matrix.builds.conda import serves
from torch_doctor.matrix.builds.rows import CondaBuild
from torch_doctor.matrix.law.machine import Machine
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.recommendation.solving.solve import Accepted

_PYTORCH = "conda channel pytorch"


class Channel(NamedTuple):
    """A channel and the row that says that it has the build."""

    name: str
    because: Receipt


def channel_of(item: Accepted, machines: Sequence[Machine], matrix: Matrix) -> Channel | None:
    """Return where conda finds the torch of *item* for its CUDA, None where that is not on record."""
    torch, cuda, platform = (
        item.candidate.torch,
        item.candidate.cuda,
        item.candidate.rows[0].platform,
    )
    ended = next((row for row in matrix.end_of_line if row.package == _PYTORCH), None)
    # It had nothing for Arm, and named its CUDA package pytorch-cuda from these on.
    named = (cuda.major, cuda.minor) >= (11, 6) and release_key(torch) >= (1, 13)
    if (
        ended
        and named
        and platform != "linux-aarch64"
        and release_key(torch) <= release_key(ended.last)
    ):
        return Channel("pytorch", receipt("end_of_line", ended))
    for row in matrix.select(CondaBuild, torch=torch, platform=platform):
        gpus = (gpu for machine in machines for gpu in machine.gpus or ())
        if CudaVersion.parse(row.cuda) == cuda and serves(row, gpus):
            return Channel("conda-forge", receipt("conda_builds", row))
    return None
