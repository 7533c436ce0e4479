"""A build as demands see it, and why one is out."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Receipt
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.builds.notices import cudnn_of
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.query import builds_for
from torch_doctor.matrix.store import Matrix

_SHORT = ("cudnn", "nccl", "nvshmem", "cusparselt")


class Rejection(NamedTuple):
    """Why a candidate is out: a slug, a sentence, the rows behind it, and the same in brief for all it concerns.

    *decided* is False where something that is not on record stands in the way.
    """

    kind: str
    message: str
    because: tuple[Receipt, ...]
    brief: str
    decided: bool = True


class Offer(NamedTuple):
    """A build as demands see it; *because* are its own rows, *python_tags* None where not recorded.

    *index_variant* is the variant where the build comes from torch's own index, empty where the default one has it.
    *pins* are the packages that it asks for itself, by their names on the index; *cudnn* is the major of its cuDNN.
    """

    torch: str
    variant: str
    cuda: str | None
    platforms: tuple[str, ...]
    because: tuple[Receipt, ...]
    python_tags: tuple[str, ...] | None = None
    index_variant: str = ""
    pins: tuple[tuple[str, str], ...] = ()
    cudnn: int | None = None

    @property
    def label(self) -> str:
        """The build in words, ``torch 2.8.0+cu128``."""
        return f"torch {self.torch}+{self.variant}"


def cudnn_major_of(row: TorchBuild, matrix: Matrix) -> int | None:
    """Return the major of the cuDNN that comes with a build; where no row tells, that of all others of its release.

    Rows for Windows tell none: a release is built with one major of it everywhere.
    """
    own = _major(cudnn_of(row))
    if own is not None:
        return own
    for platform in dict.fromkeys((row.platform, "linux-x86_64")):
        every = (one for one in builds_for(matrix, platform) if one.torch == row.torch and one.cuda)
        majors = {_major(cudnn_of(one)) for one in every} - {None}
        if majors:
            return majors.pop() if len(majors) == 1 else None
    return None


def _major(version: str | None) -> int | None:
    number = (version or "").partition(".")[0]
    return int(number) if number.isdigit() else None


def named_pins(row: TorchBuild) -> Iterator[tuple[str, str]]:
    """Yield what a build asks for by the names of the index: rows of documents call nvidia-cudnn-cu12 cudnn."""
    major = (row.cuda or "").partition(".")[0]
    for name, version in row.pins:
        yield (f"nvidia-{name}-cu{major}" if name in _SHORT else name), version
