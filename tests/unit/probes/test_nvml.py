"""The lines of the NVML and libcuda children as facts, whatever the lines are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.fact import Known, Reason, Unavailable
from torch_doctor.probes.driver import libcuda, nvml, nvml_answers
from torch_doctor.probes.driver.nvml_gpus import parse_gpus
from torch_doctor.probes.host.children import ChildResult

_value: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=5,
)
_keys = st.sampled_from(
    [
        "path",
        "error",
        "code",
        "message",
        "release",
        "cuda",
        "count",
        "failed",
        "index",
        "name",
        "bus_id",
        "uuid",
        "capability",
        "memory",
        "mig_mode",
        "mig_devices",
        "rows",
        "fabric",
        "throttle",
        "compute_mode",
        "version",
    ]
)
_stages = st.sampled_from(
    ["start", "library", "binding", "init", "driver", "gpu", "health", "end", "version", "count"]
)
_line = st.builds(
    lambda stage, rest: {**rest, "stage": stage},
    _stages | _value,
    st.dictionaries(_keys, _value, max_size=5),
)
_status = st.sampled_from(
    ["ok", "exit", "crash", "timeout", "unkillable", "oversize", "not-started", "not-recorded"]
)
_result = st.builds(
    ChildResult,
    _status,
    st.lists(_line, max_size=8).map(tuple),
    st.text(max_size=8),
    st.text(max_size=8),
)


@given(_result, st.booleans())
def test_any_lines_become_facts(result: ChildResult, wsl: bool) -> None:
    assert {name for name, _ in nvml_answers.parse(result, wsl=wsl)} == set(nvml.OWNS)
    assert {name for name, _ in libcuda.parse(result)} == set(libcuda.CALLS_OWN)


def test_unknown_errors_under_wsl_are_no_faults() -> None:
    lines = [{"stage": "gpu", "index": 0, "name": "X", "failed": {"nvmlDeviceGetEccMode": 999}}]
    assert parse_gpus(lines, 1, None, wsl=True)[0].faults == ()
    assert parse_gpus(lines, 1, None, wsl=False)[0].faults != ()


def test_a_child_that_never_started() -> None:
    facts = dict(nvml_answers.parse(ChildResult("not-started", detail="python: gone")))
    status = facts["nvml_status"]
    assert isinstance(status, Unavailable)
    assert status.reason is Reason.CRASHED
    assert "python: gone" in status.detail


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/usr/lib/x86_64-linux-gnu/libcuda.so.580.65.06", "driver"),
        ("/usr/local/cuda-12.4/compat/libcuda.so.550.54.15", "compat"),
        ("/usr/local/cuda/compat/lib.real/libcuda.so.1", "compat"),
        ("/opt/conda/cuda-compat/libcuda.so.1", "compat"),
        ("/usr/local/cuda/lib64/stubs/libcuda.so.1", "stub"),
        ("/home/compatriot/stubs.txt/libcuda.so.1", "driver"),
        ("/usr/lib/wsl/lib/libcuda.so.1", "driver"),
    ],
)
def test_kinds_of_libcuda(path: str, kind: str) -> None:
    assert libcuda.kind_of(path) == kind


def test_releases_in_file_names() -> None:
    assert libcuda.release_of("/x/libcuda.so.580.65.06") == "580.65.06"
    assert libcuda.release_of("/x/libcuda.so.1.1") is None
    assert libcuda.release_of("/x/libcuda.so.1") is None


def test_success_is_known() -> None:
    facts = dict(
        nvml_answers.parse(
            ChildResult(
                "ok",
                (
                    {"stage": "library", "path": "/l"},
                    {"stage": "binding"},
                    {"stage": "init", "code": 0},
                ),
            )
        )
    )
    assert isinstance(facts["nvml_status"], Known)
    assert isinstance(facts["gpus"], Unavailable)


@pytest.mark.parametrize(
    ("stages", "doing"),
    [
        (("start",), "loading libnvidia-ml.so.1"),
        (("start", "library"), "importing pynvml"),
        (("start", "library", "asked"), "nvmlInit"),
        (("start", "library", "asked", "answered"), "importing pynvml"),
        (("start", "library", "asked", "binding"), "nvmlInit"),
        (("start", "library", "asked", "answered", "binding"), "nvmlInit"),
        (("start", "library", "asked", "binding", "answered"), "nvmlInit"),
    ],
)
def test_what_hangs_is_told_whichever_of_two_things_ends_first(
    stages: tuple[str, ...], doing: str
) -> None:
    """NVML starts in a thread while its binding is imported."""
    lines = tuple({"stage": stage} for stage in stages)
    status = dict(nvml_answers.parse(ChildResult("timeout", lines)))["nvml_status"]

    assert isinstance(status, Unavailable)
    assert status.detail.startswith(f"{doing} did not return")
