"""Which GPUs an image of NVIDIA's serves: what its release notes ask, or those of the next release that has any."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from torch_doctor.core.finding import Receipt
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import ComputeCapability
from torch_doctor.matrix.law.machine import GpuTraits
from torch_doctor.matrix.rows import Image
from torch_doctor.matrix.store import Matrix, receipt


class Unserved(NamedTuple):
    """A GPU below what is asked: a no where the notes of that very release say it, else a doubt."""

    message: str
    decided: bool
    because: tuple[Receipt, ...]


def unserved(row: Image, gpus: Sequence[GpuTraits], matrix: Matrix) -> Iterator[Unserved]:
    """Yield the *gpus* that the release of *row* does not serve, or may not: what is asked only rises."""
    release, noted = _release(row), {}
    for one in matrix.select(Image, family=row.family) if release else ():
        if one.min_capability is not None:
            noted[_release(one)] = one
    own = noted.get(release)
    newer = min((one for one in noted if one > release), default=None)
    older = max((one for one in noted if one < release), default=None)
    nearest = own or noted.get(newer or "") or noted.get(older or "")
    if nearest is None:
        return
    least = ComputeCapability.parse(nearest.min_capability or "")
    for gpu in gpus:
        if gpu.capability is None or gpu.capability >= least:
            continue
        asks = f"compute capability {least} or newer"
        if own:
            message = f"its release notes ask for {asks}, and {gpu.name} is {gpu.capability}"
        else:
            which = f"the notes of {_release(nearest)} ask for {asks}"
            message = f"whether it serves {gpu.name} ({gpu.capability}): {which}"
        yield Unserved(message, own is not None, (receipt("images", nearest),))


def _release(row: Image) -> str:
    """The release of a tag for servers such as 25.03-py3, empty for any other."""
    found = re.search(r":(\d\d\.\d\d)-py3$", row.reference)
    return found[1] if found else ""
