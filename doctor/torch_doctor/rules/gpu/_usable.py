"""How many of the listed GPUs a program here can use, and what keeps it from the others."""

from __future__ import annotations

from torch_doctor.core.records import Gpu, KernelResult
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.law.masks import read_mask

# CUDA's words for work that stopped on a GPU that had been opened and used.
STOPPED = r"unspecified launch failure|CUDA_ERROR_LAUNCH_FAILED|cudaErrorLaunchFailure"


class Usable(NamedTuple):
    """The number of *devices* that CUDA offers to one process, and why it is no more.

    *answering* GPUs are listed and not lost; the mask lets *visible* ones of them through; *sliced* are visible and in
    MIG mode: CUDA offers one instance of all of them, and no whole GPU beside it.
    """

    devices: int
    answering: tuple[Gpu, ...]
    visible: tuple[Gpu, ...]
    sliced: tuple[Gpu, ...]

    @property
    def parts(self) -> int:
        """The visible GPUs and instances together, which several processes can use."""
        whole = len(self.visible) - len(self.sliced)
        return whole + sum(max(1, len(gpu.mig_devices or ())) for gpu in self.sliced)


def usable(
    gpus: tuple[Gpu, ...],
    mask: str | None,
    offered: int | None,
    results: tuple[KernelResult, ...] = (),
) -> Usable:
    """Count the devices of one process under *mask*; *offered* is what torch or libcuda counted, where they did.

    A GPU on which a kernel ran is one, whoever does not list it.
    """
    answering = tuple(gpu for gpu in gpus if not gpu.lost)
    visible = answering
    if mask is not None:
        entries = read_mask(mask, gpus).visible
        instances = [entry for entry in entries if not entry.isdigit()]
        visible = tuple(
            gpu for gpu in answering if (gpu.mig_mode if instances else str(gpu.index) in entries)
        )
    sliced = tuple(gpu for gpu in visible if gpu.mig_mode)
    # instances that could not be read are not none
    one = any(gpu.mig_devices != () for gpu in sliced) or (mask or "").upper().startswith("MIG-")
    count = 1 if one else len(visible) - len(sliced)
    if offered is not None:
        # Reports and some containers name the mode without listing instances: what was counted is so.
        count = offered if sliced or not gpus else min(count, offered)
    ran = sum(result.ok for result in results)
    return Usable(max(count, ran), answering, visible, sliced)


def or_another(gpu: Gpu, gpus: tuple[Gpu, ...]) -> str:
    """Name a GPU that no program is seen on, which may be taken in its place."""
    free = (
        other.index
        for other in gpus
        if other.index not in (None, gpu.index) and not other.processes
        if (other.memory_used_mib or 0) < (gpu.memory_used_mib or 0)
    )
    number = next(free, None)
    return "" if number is None else f", or use another GPU: CUDA_VISIBLE_DEVICES={number}"
