"""What the child of the driver proof told, in whatever order it told it."""

from __future__ import annotations

import random

import pytest
from torch_doctor.probes.host.children import ChildResult
from torch_doctor.probes.proof.answers import is_ambiguous, tell


def child(lines: list[dict[str, object]]) -> ChildResult:
    return ChildResult("ok", tuple(lines))


@pytest.mark.parametrize("seed", range(5))
def test_gpus_that_answer_in_any_order_are_told_in_their_own(seed: int) -> None:
    begun: list[dict[str, object]] = [
        {"stage": "library", "path": "libcuda.so.1", "ok": True},
        {"stage": "init", "ok": True},
    ]
    steps: list[dict[str, object]] = []
    for gpu in range(4):
        steps.append(
            {"step": "device", "seconds": 0.1, "gpu": gpu, "ok": True, "device": f"GPU {gpu}"}
        )
        steps.append({"step": "context", "seconds": 0.1, "gpu": gpu, "ok": gpu != 2})
        steps += [{"step": "kernel", "seconds": 0.1, "gpu": gpu, "ok": True}] if gpu != 2 else []
    random.Random(seed).shuffle(steps)

    facts = dict(tell(child([*begun, *steps]), 5.0))

    kernels = facts["driver_kernels"].value
    assert [(one.index, one.ok, one.name) for one in kernels] == [
        (0, True, "GPU 0"),
        (1, True, "GPU 1"),
        (2, False, "GPU 2"),
        (3, True, "GPU 3"),
    ]


STARTED: dict[str, object] = {"stage": "init", "code": 0}
MAPPING: dict[str, object] = {"begin": "library", "gpu": None, "of": "cudnn"}
KERNEL: dict[str, object] = {"begin": "kernel", "gpu": 0, "of": None}
CUBLAS: dict[str, object] = {"begin": "library", "gpu": 0, "of": "cublas"}


def taken(step: str, ok: bool = True) -> dict[str, object]:
    return {"step": step, "gpu": 0, "of": None, "seconds": 0.1, "ok": ok}


@pytest.mark.parametrize(
    ("lines", "status", "ambiguous"),
    [
        ([MAPPING], "timeout", True),
        ([STARTED, MAPPING], "timeout", True),
        ([STARTED, MAPPING, KERNEL], "timeout", True),
        ([STARTED, MAPPING], "crash", True),
        ([STARTED, KERNEL], "timeout", False),
        ([STARTED, KERNEL], "crash", False),
        ([STARTED, KERNEL, {**KERNEL, "gpu": 1}], "crash", True),
        ([STARTED, KERNEL, {**KERNEL, "gpu": 1}], "timeout", False),
        ([STARTED, MAPPING, {**MAPPING, "begin": None, "step": None}], "timeout", False),
        ([STARTED, MAPPING], "ok", False),
        ([STARTED, taken("ptx"), CUBLAS], "crash", True),
        ([STARTED, taken("context"), CUBLAS], "exit", True),
        ([STARTED, taken("ptx"), CUBLAS], "timeout", False),
        ([STARTED, taken("ptx", ok=False), CUBLAS], "crash", False),
        ([STARTED, taken("ptx"), taken("kernel"), CUBLAS], "crash", False),
        ([STARTED, taken("ptx"), KERNEL], "crash", False),
        ([STARTED, taken("context"), {**KERNEL, "begin": "device", "gpu": 1}], "crash", True),
    ],
)
def test_a_loader_that_is_stuck_in_a_library_may_keep_a_gpu_from_answering(
    lines: list[dict[str, object]], status: str, ambiguous: bool
) -> None:
    assert is_ambiguous(ChildResult(status, tuple(lines))) is ambiguous
