"""A build as demands see it, and why one is out."""

from __future__ import annotations

from torch_doctor.core.finding import Receipt
from torch_doctor.core.tuples import NamedTuple


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
