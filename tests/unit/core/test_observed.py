"""What was observed of CUDA."""

from __future__ import annotations

import pytest
from torch_doctor.core.observed import cuda_started, results_by_gpu, seen_to_run
from torch_doctor.core.records import Gpu, KernelResult, MigDevice
from torch_doctor.core.version import ComputeCapability


def test_a_kernel_or_torch_itself_says_that_cuda_started() -> None:
    assert cuda_started([KernelResult(0, ok=True)])
    assert cuda_started([], available=True)
    assert not cuda_started([KernelResult(0, ok=False)])
    assert not cuda_started([], available=False)
    assert not cuda_started([])


def test_a_uuid_outranks_the_number() -> None:
    """torch numbers the fastest GPU first, the driver goes by the bus."""
    ran = seen_to_run([KernelResult(0, ok=True, uuid="b"), KernelResult(1, ok=False, uuid="a")])

    assert ran(Gpu(1, uuid="GPU-B"))
    assert not ran(Gpu(0, uuid="GPU-a"))


def test_without_uuids_the_number_decides() -> None:
    ran = seen_to_run([KernelResult(0, ok=True), KernelResult(1, ok=False)])

    assert ran(Gpu(0, uuid="GPU-a"))
    assert not ran(Gpu(1))
    assert not ran(Gpu(2))


@pytest.mark.parametrize("uuid", ["GPU-ab12", "gpu-AB12", "AB12", "ab12"])
def test_a_uuid_is_the_same_with_and_without_its_kind(uuid: str) -> None:
    results = [KernelResult(7, ok=True, uuid=uuid)]

    assert seen_to_run(results)(Gpu(0, uuid="GPU-ab12"))
    assert results_by_gpu([Gpu(0, uuid="GPU-ab12"), Gpu(1)], results) == (tuple(results), ())


@pytest.mark.parametrize("uuid", ["MIG-ab12", "mig-AB12", "ab12"])
def test_cuda_names_the_instance_of_a_gpu_in_mig_mode(uuid: str) -> None:
    sliced = Gpu(0, uuid="GPU-cd34", mig_mode=True, mig_devices=(MigDevice("1g.10gb", "MIG-ab12"),))

    assert seen_to_run([KernelResult(0, ok=True, uuid=uuid)])(sliced)


def test_an_instance_is_no_gpu() -> None:
    assert not seen_to_run([KernelResult(0, ok=True, uuid="MIG-ab12")])(Gpu(0, uuid="GPU-ab12"))


H100, T4 = ComputeCapability(9, 0), ComputeCapability(7, 5)


def test_gpus_of_which_nothing_is_known_were_met_by_what_is_left() -> None:
    first = KernelResult(0, ok=True, name="NVIDIA H100", compute_capability=H100, uuid="a")
    second = KernelResult(1, ok=True, name="Tesla T4", compute_capability=T4, uuid="b")

    assert results_by_gpu([Gpu(0), Gpu(1)], [first, second]) == ((first, second),) * 2
    assert results_by_gpu([Gpu(0), Gpu(1, uuid="GPU-a")], [first, second]) == ((second,), (first,))
    assert results_by_gpu([Gpu(0), Gpu(1)], [first]) == ((), ())
    assert results_by_gpu([Gpu(0), Gpu(1, lost=True)], [first])[0] == (first,)


def test_without_uuids_results_are_of_a_model() -> None:
    results = [KernelResult(0, ok=True, compute_capability=H100), KernelResult(1, ok=False)]
    results[1] = results[1]._replace(compute_capability=T4)
    gpus = [Gpu(0, compute_capability=T4), Gpu(1, compute_capability=H100)]

    assert results_by_gpu(gpus, results) == ((results[1],), (results[0],))
