"""Which package a compiled module is of, and which one failed."""

from __future__ import annotations

import re

import pytest
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import kinds
from torch_doctor.fixes.extensions import published
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.topics.extensions import distribution_of, failing_in

MATRIX = load_matrix()


@pytest.mark.parametrize(
    ("module", "frames", "package"),
    [
        ("flash_attn_2_cuda", (), "flash-attn"),
        ("/env/lib/python3.11/site-packages/flash_attn_2_cuda.so", (), "flash-attn"),
        ("vllm._C", (), "vllm"),
        ("my_ops_cuda", ("my-ops", "torch"), "my_ops_cuda"),
        ("_C", ("torch", "my-ops", "torch"), "my-ops"),
        (None, ("my-ops",), "my-ops"),
        ("_C", (), None),
        (None, ("torch",), None),
    ],
)
def test_the_package_of_a_module(
    module: str | None, frames: tuple[str, ...], package: str | None
) -> None:
    assert distribution_of(module, MATRIX, frames) == package


def test_the_package_that_failed_is_the_innermost_unless_it_is_torch() -> None:
    assert failing_in(("torch", "my-ops"), MATRIX) == "my-ops"
    assert failing_in(("vllm", "my-ops", "torch"), MATRIX) == "vllm"
    assert failing_in(("my-ops", "torch"), MATRIX) is None
    assert failing_in((), MATRIX) is None


@pytest.mark.parametrize(
    ("package", "torch"),
    [("torch-scatter", "2.8.0"), ("torch-scatter", None), ("mmcv", "2.4.1"), ("mmcv", None)],
)
def test_the_page_that_is_shown_for_an_example_is_of_a_build_that_exists(
    package: str, torch: str | None
) -> None:
    (asked,) = published(package, TorchVersion(torch) if torch else None, None, MATRIX)
    assert isinstance(asked, kinds.AskFact)
    shown = re.search(r" for (\S+) and (\S+) \((cu\d+)\)", asked.text)

    assert shown
    assert torch in (None, shown[1])
    assert any((row.torch, row.cuda, row.variant) == shown.groups() for row in MATRIX.torch_builds)
