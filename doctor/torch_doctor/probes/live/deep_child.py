"""The deep check: what the GPUs, torch and the host can really do, measured in supervised children.

A stage that hangs or crashes ends its child; a fresh one goes on with the next stage. Nothing is set or changed but
a scratch directory, which is removed.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from torch_doctor.core.fact import Fact, Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.records import DeepResult
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.text import one_line
from torch_doctor.probes.host.children import ChildResult
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.live import live_answers
from torch_doctor.probes.live.deep_answers import DeepOutput, read_results
from torch_doctor.probes.live.refusal import quiet_directory
from torch_doctor.probes.live.torch_child import extra_paths
from torch_doctor.probes.payloads import script
from torch_doctor.probes.python.target import Target

OWNS = ("deep_results",)
TIMEOUT_S = 1800.0
STAGE_S, END_S = 30.0, 15.0
# Stages that may take longer on a healthy host: imports from slow disks, cold compilers, processes that start.
DEADLINES = {
    "import": 60.0,
    "triton": 90.0,
    "compile": 180.0,
    "matmul-10000": 60.0,
    "p2p": 60.0,
    "nccl": 60.0,
    "nccl-processes": 110.0,
    "nccl-default": 110.0,
    "flash-attn": 60.0,
    "vllm": 120.0,
    "model-infer-fp32": 60.0,
    "model-infer-compiled": 240.0,
    "model-train-compiled": 300.0,
    "workers": 60.0,
}
# Every stage in its order, as --deep STAGES names them; the payload has the same (a test holds them together).
STAGES = (
    *("matmul-fp32", "matmul-tf32", "matmul-bf16", "matmul-fp16", "matmul-fp8", "matmul-10000"),
    *("copy", "host-to-device", "device-to-host", "conv"),
    *("attention-math", "attention-flash", "attention-efficient", "attention-cudnn"),
    *("autocast", "graph", "triton", "compile", "flash-attn", "vllm"),
    *("model-infer-fp32", "model-infer-amp", "model-infer-compiled"),
    *("model-train-fp32", "model-train-amp", "model-train-compiled"),
    *("topology", "peer", "p2p", "nccl", "nccl-processes", "nccl-default", "workers"),
)
# The hashes of all files that wheels brought, which no child looks at.
FILES = "files"
CHILDREN = 8
HANGS = 2
_SCRIPT = script("deep")
_PREFIX = "torch-doctor-deep-"
# What a folder of ours is known by when it is left over.
_MADE, _MARK = regex(rf"{_PREFIX}[a-z0-9_]{{8}}"), ".torch-doctor"
OnStage = Callable[[DeepResult], None]


def deep(
    host: Host,
    target: Target,
    live: Facts,
    timeout_s: float = TIMEOUT_S,
    on_stage: OnStage | None = None,
    only: tuple[str, ...] = (),
) -> Iterator[tuple[str, Fact[Any]]]:
    """Run the deep check for at most *timeout_s* seconds; *on_stage* sees each result as it comes.

    *only* names stages, or the first words of stages: the others are left out.

    *live* are the facts of the live check: where torch saw no GPU, or was not run, nothing runs here, either.
    """
    refused = _refusal(live)
    if refused:
        yield "deep_results", refused
        return
    import shutil
    import tempfile

    _remove_left(tempfile.gettempdir())
    scratch = tempfile.mkdtemp(prefix=_PREFIX)
    with open(os.path.join(scratch, _MARK), "wb"):
        pass
    try:
        yield "deep_results", _Check(host, target, scratch, timeout_s, on_stage, only).run()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _remove_left(folder: str) -> None:
    """Remove the scratch directories of this user's checks that were killed before they could: none takes that long."""
    import shutil

    try:
        found = list(os.scandir(folder))
    except OSError:
        return
    for entry in found:
        if not _MADE.fullmatch(entry.name) or not os.path.exists(os.path.join(entry.path, _MARK)):
            continue
        with suppress(OSError):
            status = entry.stat(follow_symlinks=False)
            own = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
            if own and time.time() - status.st_mtime > 2 * TIMEOUT_S:
                shutil.rmtree(entry.path, ignore_errors=True)


def is_asked(stage: str, only: Sequence[str]) -> bool:
    """Whether a stage is among those that were named, by itself or by its first word; all are where none was."""
    return not only or any(stage == word or stage.startswith(f"{word}-") for word in only)


def deadline_of(stage: str) -> float:
    """Return how many seconds a stage may take."""
    return DEADLINES.get(stage, STAGE_S)


def _refusal(live: Facts) -> Unavailable | None:
    available = live["cuda_available"]
    if isinstance(available, Known):
        if available.value:
            return None
        return Unavailable(Reason.NOT_APPLICABLE, "torch sees no GPU", available.source)
    detail = one_line(f"the live check came first and said nothing: {available}")
    return Unavailable(Reason.NOT_APPLICABLE, detail, available.source)


class _Check:
    """One deep check: its children, one after the other, and the results so far."""

    def __init__(
        self,
        host: Host,
        target: Target,
        scratch: str,
        timeout_s: float,
        on_stage: OnStage | None,
        only: tuple[str, ...],
    ) -> None:
        self._host, self._target = host, target
        self._asked: dict[str, Any] = {"paths": extra_paths(host, target), "scratch": scratch}
        if only:
            self._asked["only"] = [stage for stage in STAGES if is_asked(stage, only)]
        self._ends = time.monotonic() + timeout_s
        self._on_stage = on_stage
        self._results: list[DeepResult] = []

    def run(self) -> Fact[tuple[DeepResult, ...]]:
        source = Source("child", one_line(f"{self._target.executable} -I, deep check"))
        for number in range(1, CHILDREN + 1):
            result, limit_s = self._child(number)
            if result.status in ("not-started", "not-recorded") and not self._results:
                reason = live_answers.reason_of(result)
                return Unavailable(reason, live_answers.ending(result, limit_s), source)
            if not self._goes_on(read_results(result.lines), result, limit_s):
                break
        return Known(tuple(self._results), source)

    def _child(self, number: int) -> tuple[ChildResult, float]:
        clock = _Clock(self._on_stage)
        result = self._host.child(
            "deep" if number == 1 else f"deep {number}",
            [self._target.executable, "-I", "-B", *_SCRIPT, json.dumps(self._asked)],
            timeout_s=max(1.0, self._ends - time.monotonic()),
            env=self._host.environ,
            cwd=quiet_directory(self._host),
            on_line=clock,
        )
        return result, clock.limit_s

    def _goes_on(self, story: DeepOutput, result: ChildResult, limit_s: float) -> bool:
        """Keep what a child told; say whether another has to go on, and after which stage."""
        self._results += story.results
        if story.ended:
            return False
        if story.cut is not None:
            stage, gpu = story.cut
            hung = result.status in ("timeout", "unkillable")
            words = live_answers.ending(result, limit_s)
            last = result.stderr.strip().splitlines()[-3:]
            cut = DeepResult(
                stage,
                "hung" if hung else "crashed",
                round(limit_s if hung else 0.0, 1),
                gpu,
                error=one_line(": ".join([words, *last]), 1500),
            )
            self._results.append(cut)
            if self._on_stage:
                self._on_stage(cut)
        last_one = self._results[-1] if self._results else None
        hangs = sum(one.status == "hung" for one in self._results)
        if last_one is None or last_one.stage in ("import", "init") or hangs >= HANGS:
            return False
        if result.status == "unkillable" or self._ends <= time.monotonic():
            return False
        self._asked["after"] = [last_one.stage, last_one.gpu]
        return True


class _Clock:
    """Answers how long a child may take until its next line, and passes each result on."""

    def __init__(self, on_stage: OnStage | None) -> None:
        self.limit_s = DEADLINES["import"]
        self._on_stage = on_stage

    def __call__(self, line: dict[str, Any]) -> float:
        begin = line.get("begin")
        self.limit_s = END_S if begin is None else deadline_of(str(begin))
        if begin is None and self._on_stage:
            for result in read_results((line,)).results:
                self._on_stage(result)
        return self.limit_s
