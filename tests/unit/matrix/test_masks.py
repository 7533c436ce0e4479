"""CUDA_VISIBLE_DEVICES in every form that people write."""

from __future__ import annotations

import pytest
from torch_doctor.core.fact import Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.judgement import Status
from torch_doctor.core.records import Gpu, KernelResult, MigDevice, PciGpu
from torch_doctor.core.version import CudaVersion, DriverRelease, TorchVersion
from torch_doctor.matrix.law.from_facts import judgement_of
from torch_doctor.matrix.law.masks import Mask, Unmasked, read_mask, shown_of
from torch_doctor.matrix.load import load_matrix

GPUS = (
    Gpu(0, uuid="GPU-aaaa1111-22", mig_mode=False),
    Gpu(1, uuid="GPU-aaaa3333-44", mig_mode=True, mig_devices=(MigDevice("1g.10gb", "MIG-77-88"),)),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", Mask(("0",), None)),
        ("1,0", Mask(("1", "0"), None)),
        (" 0 , 1 ", Mask(("0", "1"), None)),
        ("", Mask((), None)),
        ("-1", Mask((), None)),
        ("NoDevFiles", Mask((), None)),
        ("2", Mask((), "2")),
        ("0,2,1", Mask(("0",), "2")),
        ("0,0", Mask((), "0", twice=True)),
        ("0gpu", Mask(("0",), None)),
        ("-1,0", Mask((), "-1")),
        ("0,-1,1", Mask(("0",), "-1")),
        ("GPU-aaaa1", Mask(("0",), None)),
        ("gpu-AAAA3333-44", Mask(("1",), None)),
        ("GPU-aaaa", Mask((), "GPU-aaaa")),
        ("MIG-77", Mask(("MIG-77",), None)),
        ("MIG-99", Mask((), "MIG-99")),
        ("cuda:0", Mask((), "cuda:0")),
        ("all", Mask((), "all")),
        ("+1", Mask(("1",), None)),
        ("00,01", Mask(("0", "1"), None)),
        ("01,1", Mask((), "1", twice=True)),
        ("9" * 5000, Mask((), "9" * 5000)),
        ("GPU-aaaa1,", Mask(("0",), "")),
    ],
)
def test_reads_as_cuda_does(text: str, expected: Mask) -> None:
    assert read_mask(text, GPUS) == expected


@pytest.mark.parametrize(
    ("text", "gpus", "visible"),
    [
        ("3", (Gpu(2), Gpu(3)), ("3",)),  # the first ones fell out of the list
        ("4", (Gpu(2), Gpu(3)), ()),
        ("1", (Gpu(0), Gpu(0)), ("1",)),  # a list that numbers both alike
        ("2", (Gpu(0), Gpu(0)), ()),
        ("0", (), ()),
        ("10", tuple(map(Gpu, range(12))), ("10",)),
    ],
)
def test_numbers_reach_as_far_as_the_gpus_do(
    text: str, gpus: tuple[Gpu, ...], visible: tuple[str, ...]
) -> None:
    assert read_mask(text, gpus).visible == visible


def test_mig_entries_pass_where_instances_are_not_listed() -> None:
    assert read_mask("MIG-1", (Gpu(0),)) == Mask(("MIG-1",), None)
    assert read_mask("MIG-1", (Gpu(0, mig_mode=False),)) == Mask((), "MIG-1")


HERE = Source("nvml", "libnvidia-ml.so.1")
OLD, NEW = "NVIDIA GeForce GTX 970", "NVIDIA GeForce RTX 4090"
MIXED = (Gpu(0, OLD, uuid="GPU-aaaa1111"), Gpu(1, NEW, uuid="GPU-bbbb2222"))
ALIKE = (Gpu(0, NEW), Gpu(1, NEW))
BUS, LOST = "PCI_BUS_ID", Unavailable(Reason.TIMEOUT)
ORDER = "cuda_device_order"
RESULTS = (KernelResult(0, True, NEW),)


def host(**known: object) -> Facts:
    facts = {n: v if isinstance(v, Unavailable) else Known(v, HERE) for n, v in known.items()}
    return Facts(facts)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"gpus": MIXED}, Unmasked()),
        ({"gpus": MIXED, "cuda_visible_devices": ""}, Unmasked()),
        ({"gpus": MIXED, "cuda_visible_devices": "7"}, Unmasked()),
        ({"gpus": MIXED, "cuda_visible_devices": "GPU-bbbb"}, Unmasked(frozenset({0}))),
        (
            {"gpus": MIXED, "cuda_visible_devices": "1"},
            Unmasked(frozenset(), "cuda_device_order", 1),
        ),
        (
            {"gpus": MIXED, "cuda_visible_devices": "1,0"},
            Unmasked(frozenset(), "cuda_device_order", 2),
        ),
        (
            {"gpus": MIXED, "cuda_visible_devices": "1", "cuda_device_order": BUS},
            Unmasked(frozenset({0})),
        ),
        ({"gpus": ALIKE, "cuda_visible_devices": "1"}, Unmasked(frozenset({0}))),
        # numbers in any form go by an order that nobody told
        *(
            ({"gpus": MIXED, "cuda_visible_devices": mask}, Unmasked(frozenset(), ORDER, 1))
            for mask in ("+1", "01", "00", "1,", " 1 ")
        ),
        ({"gpus": MIXED, "cuda_visible_devices": "GPU-bbbb,"}, Unmasked(frozenset({0}))),
        (
            {"gpus": (Gpu(0, NEW), Gpu(1)), "cuda_visible_devices": "1"},
            Unmasked(frozenset(), ORDER, 1),
        ),
        # that kernels ran changes nothing where the driver lists the GPUs, and settles what the bus leaves open
        (
            {"gpus": MIXED, "cuda_visible_devices": "GPU-bbbb", "kernel_results": RESULTS},
            Unmasked(frozenset({0})),
        ),
        (
            {
                "pci_gpus": (PciGpu("1", "2684"), PciGpu("2", "1281")),
                "cuda_visible_devices": "1",
                "kernel_results": RESULTS,
            },
            Unmasked(),
        ),
        (
            {"gpus": MIXED, "cuda_visible_devices": LOST},
            Unmasked(frozenset(), "cuda_visible_devices", 1),
        ),
        ({"gpus": MIXED[:1], "cuda_visible_devices": LOST}, Unmasked()),
        (
            {"gpus": (Gpu(0), Gpu(1)), "cuda_visible_devices": "1"},
            Unmasked(frozenset(), "cuda_device_order", 1),
        ),
        (
            {"pci_gpus": (PciGpu("1", "2684"), PciGpu("2", "1281")), "cuda_visible_devices": "1"},
            Unmasked(frozenset(), "gpus", 1),
        ),
    ],
)
def test_who_is_hidden(known: dict[str, object], expected: Unmasked) -> None:
    assert shown_of(host(**known)) == expected


@pytest.mark.parametrize(
    ("gpus", "mask", "order", "status"),
    [
        (MIXED, "GPU-bbbb", "", Status.SUPPORTED),
        (MIXED, "GPU-aaaa", "", Status.UNSUPPORTED),
        (MIXED, "1", BUS, Status.SUPPORTED),
        (MIXED, "0", BUS, Status.UNSUPPORTED),
        (MIXED, "1", "FASTEST_FIRST", Status.UNKNOWN),
        (MIXED, "0,1", "", Status.UNSUPPORTED),  # whatever the numbers mean, the old one is shown
        (
            (*MIXED, Gpu(2, OLD)),
            "0,2",
            "",
            Status.UNSUPPORTED,
        ),  # two of three: an old one among them
        ((Gpu(0, OLD), Gpu(1, OLD)), "1", "", Status.UNSUPPORTED),
    ],
)
def test_the_law_judges_what_is_shown(
    gpus: tuple[Gpu, ...], mask: str, order: str, status: Status
) -> None:
    assert judged(gpus=gpus, cuda_visible_devices=mask, cuda_device_order=order) is status


@pytest.mark.parametrize(
    ("beside", "results", "status"),
    [
        (Gpu(0, "NVIDIA GeForce GT 710"), RESULTS, Status.SUPPORTED),
        (Gpu(0, "NVIDIA GeForce GT 710"), (), Status.UNSUPPORTED),
        (Gpu(0, "NVIDIA GeForce GTX 950", memory_mib=2048), RESULTS, Status.SUPPORTED),
        (Gpu(0, "NVIDIA GeForce GTX 980 Ti"), RESULTS, Status.UNSUPPORTED),
        (Gpu(0, "Tesla M10", memory_mib=4096), RESULTS, Status.UNSUPPORTED),
    ],
)
def test_a_display_card_beside_a_gpu_that_ran(
    beside: Gpu, results: tuple[KernelResult, ...], status: Status
) -> None:
    assert judged(gpus=(beside, Gpu(1, NEW)), kernel_results=results) is status


def judged(**known: object) -> Status:
    """Say what the law says of torch 2.9.1+cu128 on a host with a fitting driver."""
    facts = host(
        torch_version=TorchVersion("2.9.1+cu128"),
        torch_cuda=CudaVersion(12, 8),
        driver_release=DriverRelease.parse("580.65.06"),
        **known,
    )
    return judgement_of(facts, load_matrix()).status
