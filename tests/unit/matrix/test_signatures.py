"""Error texts are collected once, recognised, and read for what the loader refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.records import ErrorSeen, ImportFailure, KernelResult, StageResult
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.signatures import Errors

MATRIX = load_matrix()
HERE = Source("report", "paste")


def errors(**facts: Any) -> Errors:
    return Errors(Facts({name: Known(value, HERE) for name, value in facts.items()}), MATRIX)


def test_texts_of_other_facts_count_and_each_counts_once() -> None:
    text = "ImportError: libcudnn.so.9: cannot open shared object file"
    found = errors(
        errors_seen=(ErrorSeen(f"Traceback …\n{text}"),),
        torch_import_error=text,
        live_stages=(StageResult("import", False, 0.1, None, text), StageResult("x", True, 0.1)),
        kernel_results=(KernelResult(0, False, error="CUDA error: 209"), KernelResult(1, True)),
    )

    assert len(found.matching("libcudnn")) == 1
    assert [error.text for error in found.matching("209")] == ["CUDA error: 209"]


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        (
            "ImportError: libcudart.so.12: cannot open shared object file: No such file",
            ImportFailure(None, missing="libcudart.so.12"),
        ),
        (
            "/env/torch/lib/../libcusparse.so.12: undefined symbol: __nvJitLinkAddData_12_1, version libnvJitLink.so.12",
            ImportFailure(
                "libcusparse.so.12", symbol="__nvJitLinkAddData_12_1", version="libnvJitLink.so.12"
            ),
        ),
        ("undefined symbol: ncclCommRegister", ImportFailure(None, symbol="ncclCommRegister")),
    ],
)
def test_what_the_loader_refused_is_read_from_the_text(text: str, failure: ImportFailure) -> None:
    assert errors(errors_seen=(ErrorSeen(text),)).refusals == (failure,)


def test_refusals_are_found_by_library_and_by_symbol() -> None:
    found = errors(
        import_failures=(
            ImportFailure("a.so", missing="libnccl.so.2"),
            ImportFailure("b.so", symbol="ncclInit"),
        )
    )

    assert [failure.module for failure in found.missing("libnccl")] == ["a.so"]
    assert [failure.module for failure in found.undefined("nccl")] == ["b.so"]
    assert not found.missing("libcudnn")


@given(st.text(max_size=400))
def test_no_text_raises(text: str) -> None:
    found = errors(errors_seen=(ErrorSeen(text),))

    assert isinstance(found.refusals, tuple)
    assert found.all
