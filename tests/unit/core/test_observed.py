"""What was observed of CUDA."""

from __future__ import annotations

from torch_doctor.core.observed import cuda_started, ran_on
from torch_doctor.core.records import KernelResult


def test_a_kernel_or_torch_itself_says_that_cuda_started() -> None:
    assert cuda_started([KernelResult(0, ok=True)])
    assert cuda_started([], available=True)
    assert not cuda_started([KernelResult(0, ok=False)])
    assert not cuda_started([], available=False)
    assert not cuda_started([])


def test_a_uuid_outranks_the_number() -> None:
    """torch numbers the fastest GPU first, the driver goes by the bus."""
    results = [KernelResult(0, ok=True, uuid="GPU-b"), KernelResult(1, ok=False, uuid="GPU-a")]

    assert ran_on(1, results, "GPU-b")
    assert not ran_on(0, results, "GPU-a")


def test_without_uuids_the_number_decides() -> None:
    results = [KernelResult(0, ok=True), KernelResult(1, ok=False)]

    assert ran_on(0, results, "GPU-a")
    assert not ran_on(1, results)
    assert not ran_on(2, results)
