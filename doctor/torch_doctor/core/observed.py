"""What was observed of CUDA here. It outranks every prediction: rules ask before they speak."""

from __future__ import annotations

from collections.abc import Iterable

from torch_doctor.core.records import KernelResult


def cuda_started(results: Iterable[KernelResult], available: bool | None = None) -> bool:
    """Return whether CUDA was seen to start: a kernel ran, or torch said that it is available."""
    return available is True or any(result.ok for result in results)


def ran_on(index: int, results: Iterable[KernelResult], uuid: str | None = None) -> bool:
    """Return whether a kernel ran on one GPU of the driver's list, by UUID where both sides know it."""
    known = [result for result in results if uuid and result.uuid]
    if known:
        return any(result.ok and result.uuid == uuid for result in known)
    return any(result.ok and result.index == index for result in results)
