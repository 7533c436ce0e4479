"""Which package a compiled module is of, and which one failed."""

from __future__ import annotations

import pytest
from torch_doctor.fixes.extensions import distribution_of, failing_in


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
    assert distribution_of(module, frames) == package


def test_the_package_that_failed_is_the_innermost_unless_it_is_torch() -> None:
    assert failing_in(("torch", "my-ops")) == "my-ops"
    assert failing_in(("vllm", "my-ops", "torch")) == "vllm"
    assert failing_in(("my-ops", "torch")) is None
    assert failing_in(()) is None
