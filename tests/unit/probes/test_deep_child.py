"""The deep check's children: told apart, continued after a crash or a hang, and never believed more than they say."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch_doctor.probes
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.fact import Fact, Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.records import DeepResult
from torch_doctor.probes.live import deep_answers, deep_child
from torch_doctor.probes.live.deep_answers import read_results

from tests.unit.probes.env_trees import write
from tests.unit.probes.test_torch_child import host_of, target

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX supervisor")

HERE = Path(torch_doctor.probes.__file__).parent / "payloads"
SEEN = Facts({"cuda_available": Known(True, Source("child"))})
Deep = Callable[..., "tuple[Fact[Any], list[DeepResult]]"]


@pytest.fixture
def deep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deep:
    """Run the real deep check over a payload whose stages are *stages*: names and code."""

    def run(
        stages: dict[str, str],
        live: Facts = SEEN,
        timeout_s: float = 20.0,
        only: tuple[str, ...] = (),
    ) -> tuple[Fact[Any], list[DeepResult]]:
        write(tmp_path, {"site/torch/__init__.py": "", "site/torch/version.py": ""})
        monkeypatch.setattr(deep_child, "_SCRIPT", [str(tmp_path / "payload.py")])
        (tmp_path / "payload.py").write_text(_payload(stages), encoding="utf-8")
        shown: list[DeepResult] = []
        place = target(tmp_path / "site")
        facts = dict(deep_child.deep(host_of(), place, live, timeout_s, shown.append, only))
        assert set(facts) == set(deep_child.OWNS)
        return facts["deep_results"], shown

    return run


def _payload(stages: dict[str, str]) -> str:
    """Write a payload out of the real one's parts, with stages of its own and no torch."""
    return f"""
import importlib.util, json, os, signal, sys, time
spec = importlib.util.spec_from_file_location("_deep_payload", {str(HERE / "_deep_payload.py")!r})
real = importlib.util.module_from_spec(spec); sys.modules["_deep_payload"] = real; spec.loader.exec_module(real)
common = real.common
class cuda:
    broken = False
    OutOfMemoryError = MemoryError
    def is_initialized(): return True
    def synchronize(gpu):
        if cuda.broken: raise RuntimeError("CUDA error: an illegal memory access was encountered")
    def empty_cache(): pass
def stage(code):
    def work():
        scope = dict(globals()); exec(code, scope); return scope.get("answer")
    return work
stages = {stages!r}
real.import_torch = lambda: sys.modules.update(torch=type(sys)("torch")) or setattr(sys.modules["torch"], "cuda", cuda)
real.start = lambda torch, asked: []
real.plan = lambda torch, gpus, asked: ((name, 0, stage(code)) for name, code in stages.items())
real.main()
"""


def statuses(fact: Fact[Any]) -> dict[str, str]:
    assert isinstance(fact, Known), fact
    return {result.stage: result.status for result in fact.value}


def test_every_ending_has_its_word(deep: Deep) -> None:
    fact, shown = deep(
        {
            "good": "answer = {'value': 3.5, 'unit': 'GB/s', 'detail': 'x', 'throttle': 4, 'busy': False}",
            "wrong": "raise common.Wrong('off by 3')",
            "skipped": "raise common.Skipped('needs two GPUs')",
            "full": "raise common.NoRoom('needs 10 MiB')",
            "full-too": "raise RuntimeError('CUDA out of memory. Tried to allocate 2 MiB')",
            "hung": "raise common.Hung('ranks 1 did not finish')",
            "failed": "raise RuntimeError('no such thing')",
            "exits": "sys.exit(3)",
            "noisy": "print('{\"stage\": \"lie\"}'); os.write(1, b'noise')",
        }
    )

    assert statuses(fact) == {
        "good": "ok", "wrong": "wrong", "skipped": "skipped", "full": "memory", "full-too": "memory",
        "hung": "hung", "failed": "failed", "exits": "failed", "noisy": "ok",
    }  # fmt: skip
    (
        good,
        *_,
    ) = fact.value  # type: ignore[union-attr]
    assert (good.value, good.unit, good.detail) == (3.5, "GB/s", "x")
    assert (good.throttle_reasons, good.busy) == (("power-cap",), False)
    assert fact.value[6].error == "RuntimeError: no such thing"  # type: ignore[union-attr]
    assert tuple(shown) == fact.value  # type: ignore[union-attr]


def test_a_crash_costs_its_own_stage_alone(deep: Deep) -> None:
    fact, shown = deep(
        {
            "before": "",
            "crash": "print('last words', file=sys.stderr, flush=True); os.kill(os.getpid(), signal.SIGSEGV)",
            "after": "",
            "again": "os._exit(7)",
            "end": "",
        }
    )

    assert statuses(fact) == {
        "before": "ok", "crash": "crashed", "after": "ok", "again": "crashed", "end": "ok",
    }  # fmt: skip
    crash = fact.value[1]  # type: ignore[union-attr]
    assert "SIGSEGV" in crash.error and "last words" in crash.error
    assert [result.stage for result in shown] == ["before", "crash", "after", "again", "end"]


def test_a_hang_ends_at_its_own_deadline(deep: Deep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deep_child, "STAGE_S", 4.0)
    fact, _ = deep({"one": "", "hang": "time.sleep(600)", "two": ""})

    assert statuses(fact) == {"one": "ok", "hang": "hung", "two": "ok"}
    assert "within 4 s" in fact.value[1].error  # type: ignore[union-attr]


def test_two_hangs_are_enough(deep: Deep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deep_child, "STAGE_S", 0.5)
    fact, _ = deep({"a": "time.sleep(60)", "b": "time.sleep(60)", "c": ""})

    assert statuses(fact) == {"a": "hung", "b": "hung"}


def test_a_context_that_answers_nothing_but_errors_is_left(deep: Deep) -> None:
    poison = "cuda.broken = True; raise RuntimeError('CUDA error: an illegal memory access')"
    fact, _ = deep({"first": "", "poison": poison, "next": "assert not cuda.broken"})

    assert statuses(fact) == {"first": "ok", "poison": "failed", "next": "ok"}


def test_a_payload_that_never_starts_ends(deep: Deep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deep_child, "_SCRIPT", [""])
    fact, _ = deep({})
    assert fact == Known((), fact.source)


@pytest.mark.parametrize(
    ("available", "words"),
    [
        (Known(False, Source("child")), "torch sees no GPU"),
        (Unavailable(Reason.TIMEOUT, "no answer within 60 s"), "no answer within 60 s"),
    ],
)
def test_nothing_runs_where_the_live_check_saw_no_gpu(
    deep: Deep, available: Fact[bool], words: str
) -> None:
    fact, shown = deep({"one": ""}, live=Facts({"cuda_available": available}))

    assert isinstance(fact, Unavailable)
    assert fact.reason is Reason.NOT_APPLICABLE and words in fact.detail
    assert shown == []


def test_scratch_is_removed(deep: Deep, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    fact, _ = deep(
        {"one": "open(os.path.join(json.loads(sys.argv[1])['scratch'], 'x'), 'w').close()"}
    )

    assert statuses(fact) == {"one": "ok"}
    assert list((tmp_path / "tmp").iterdir()) == []


def test_lines_of_a_real_gpu_are_read() -> None:
    lines = [json.loads(line) for line in GOLDEN.strip().splitlines()]
    story = read_results(lines)

    assert story.ended and story.cut is None
    assert [r.stage for r in story.results] == ["matmul-bf16", "host-to-device", "nccl"]
    product, copy, nccl = story.results
    assert product == DeepResult(
        "matmul-bf16", "ok", 0.61, 0, 787.2, "TFLOP/s", None, None,
        "8192×8192; SM clock 1755 of 1980 MHz; 688 W", ("power-cap",), False,
    )  # fmt: skip
    assert (copy.limit, copy.detail) == (63.008, "256 MiB; PCIe 5 ×16 now, 5 ×16 possible")
    assert (nccl.status, nccl.gpu, nccl.error) == (
        "skipped",
        None,
        "needs two GPUs, and torch sees 1",
    )


GOLDEN = """
{"begin": "import", "gpu": null}
{"stage": "import", "gpu": null, "status": "ok", "detail": "2.11.0+cu130", "seconds": 3.1}
{"begin": "matmul-bf16", "gpu": 0}
{"stage": "matmul-bf16", "gpu": 0, "status": "ok", "value": 787.2, "unit": "TFLOP/s", "detail": "8192×8192", "busy": false, "throttle": 4, "clock_mhz": 1755, "most_mhz": 1980, "power_mw": 688123, "seconds": 0.61}
{"begin": "host-to-device", "gpu": 0}
{"stage": "host-to-device", "gpu": 0, "status": "ok", "value": 55.1, "unit": "GB/s", "detail": "256 MiB", "limit": 63.008, "link": "PCIe 5 ×16 now, 5 ×16 possible", "seconds": 0.3}
{"begin": "nccl", "gpu": null}
{"stage": "nccl", "gpu": null, "status": "skipped", "error": "needs two GPUs, and torch sees 1", "seconds": 0.0}
{"end": true}
"""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
fields = st.sampled_from(
    "begin stage gpu status seconds value unit limit error detail link throttle busy clock_mhz power_mw end".split()
)


@given(
    st.lists(
        st.dictionaries(fields, json_values | st.sampled_from(deep_answers.STATUSES)), max_size=5
    )
)
def test_a_lying_child_never_raises(lines: list[dict[str, Any]]) -> None:
    from torch_doctor.core.codec import decode, encode

    results = read_results(lines).results
    assert decode("tuple[DeepResult, ...]", json.loads(json.dumps(encode(results)))) == results


@pytest.mark.parametrize("path", sorted(HERE.glob("_deep_*payload.py")), ids=lambda path: path.name)
def test_payloads_are_python_3_8_and_need_only_torch(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
    imported = {
        (alias.name if isinstance(node, ast.Import) else node.module or "").partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    assert imported - set(sys.stdlib_module_names) <= {"torch", "triton"}


def test_the_stages_that_can_be_asked_for_are_those_of_the_payload() -> None:
    planned = subprocess.run(
        [sys.executable, "-I", "-c", _NAMES, str(HERE / "_deep_payload.py")],
        capture_output=True,
        text=True,
        check=True,
    )

    assert tuple(planned.stdout.split()) == deep_child.STAGES


_NAMES = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("_deep_payload", sys.argv[1])
real = importlib.util.module_from_spec(spec); sys.modules["_deep_payload"] = real; spec.loader.exec_module(real)
class torch:
    class cuda:
        get_device_capability = staticmethod(lambda gpu: (9, 0))
for name in dict.fromkeys(stage[0] for stage in real.plan(torch, [0, 1], {"scratch": "", "paths": []})):
    print(name)
"""


def test_only_the_stages_that_were_asked_for_run(deep: Deep) -> None:
    fact, _ = deep({"copy": "", "conv": "", "nccl": "", "nccl-processes": ""}, only=("nccl",))

    assert statuses(fact) == {"nccl": "ok", "nccl-processes": "ok"}
