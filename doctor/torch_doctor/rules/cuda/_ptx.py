"""What helps where PTX is newer than the driver that has to compile it."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures


def newer_driver(cures: Cures, torch_cuda: CudaVersion | None) -> list[Action]:
    """Return the driver that is as new as torch's own CUDA, where that is known."""
    return [] if torch_cuda is None else [cures.driver_for(torch_cuda, paired=True)]


def on_a_jetson(cures: Cures) -> Action:
    """Return what helps on a board, whose driver comes with its JetPack: machine code needs no newer one."""
    known = next((gpu.capability for gpu in cures.machine.gpus or () if gpu.capability), None)
    target = f"TORCH_CUDA_ARCH_LIST={known}" if known else "TORCH_CUDA_ARCH_LIST set to the board's"
    return fixes.by_hand(
        f"build what holds the PTX again with machine code for the board ({target}), with the toolkit of its JetPack: "
        "its driver comes with JetPack and compiles no newer PTX"
    )


def for_a_program(
    cures: Cures, torch_cuda: CudaVersion | None, driver_cuda: CudaVersion | None
) -> Iterator[Action]:
    """A driver that compiles the PTX, a compat library where it is allowed, or machine code for this GPU."""
    if torch_cuda is not None and (driver_cuda is None or torch_cuda > driver_cuda):
        yield cures.driver_for(torch_cuda, paired=True)
    elif driver_cuda is not None and (newer := cures.driver_above(driver_cuda)):
        yield newer
    else:
        yield fixes.by_hand(
            "update the NVIDIA driver to the branch of the CUDA toolkit that built the program",
            scope="host",
            root=True,
        )
    if cures.takes_compat:
        yield fixes.by_hand("put the cuda-compat package of that CUDA first on the loader's path")
    own = "take a release of the program that has machine code for this GPU, or build it so"
    capability = next((gpu.capability for gpu in cures.machine.gpus or () if gpu.capability), None)
    if capability is None:
        variable = "TORCH_CUDA_ARCH_LIST" if torch_cuda else "-DCMAKE_CUDA_ARCHITECTURES"
        ask = "nvidia-smi --query-gpu=name,compute_cap --format=csv"
        yield fixes.by_hand(f"{own} ({variable} takes the compute capability that this shows)", ask)
    elif torch_cuda is not None:
        yield fixes.by_hand(f"{own} (TORCH_CUDA_ARCH_LIST={capability})")
    else:
        plain = f"{capability.major}{capability.minor}"
        yield fixes.by_hand(f"{own} (-DCMAKE_CUDA_ARCHITECTURES={plain})")
