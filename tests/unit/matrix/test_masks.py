"""CUDA_VISIBLE_DEVICES in every form that people write."""

from __future__ import annotations

import pytest
from torch_doctor.core.records import Gpu, MigDevice
from torch_doctor.matrix.law.masks import Mask, read_mask

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
    ],
)
def test_reads_as_cuda_does(text: str, expected: Mask) -> None:
    assert read_mask(text, GPUS) == expected


def test_mig_entries_pass_where_instances_are_not_listed() -> None:
    assert read_mask("MIG-1", (Gpu(0),)) == Mask(("MIG-1",), None)
    assert read_mask("MIG-1", (Gpu(0, mig_mode=False),)) == Mask((), "MIG-1")
