"""What readers find that is no fact by itself, by name and type: merging turns these hints into facts."""

from __future__ import annotations

from torch_doctor.core.records import MigDevice
from torch_doctor.core.startup import Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import ComputeCapability, CudaVersion, TorchVersion


class GpuCapability(NamedTuple):
    """A compute capability that a message states for a GPU by name, or for every GPU where it names none."""

    gpu: str | None
    capability: ComputeCapability | None


class GpuMention(NamedTuple):
    """A GPU that words mention, how many of them, and the products of the matrix that it may be.

    The number is one, too, where words name a model and do not count (*counted*).
    """

    gpu: str
    number: int = 1
    products: tuple[str, ...] = ()
    counted: bool = False


class Refused(NamedTuple):
    """A claim that the catalogue refuses: the name that it gave, and what is wrong with it."""

    claimed: str
    why: str


HINTS: dict[str, type[Any]] = {
    "gpu_capability": GpuCapability,
    "gpu_in_use": bool,
    "gpu_mention": GpuMention,
    "gpus_cut": bool,
    "listed_cuda": CudaVersion,
    "mig_hint": MigDevice,
    "no_device_files": str,
    "no_gpu_listed": bool,
    "refused": Refused,
    "torch_gone": TorchVersion,
}
