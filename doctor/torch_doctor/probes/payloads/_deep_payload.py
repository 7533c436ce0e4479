"""The deep check. Runs in the interpreter that is judged: Python 3.8, the standard library and torch, nothing else.

One JSON line when a stage begins and one when it is done. A stage that crashes or hangs ends this process; the next
one is told after which stage to go on.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

_MEMORY = ("out of memory", "cublas_status_alloc_failed", "cudnn_status_alloc_failed")


def sibling(name: str) -> Any:
    """Load a file beside this one. Its folder is not put on the path: other files there have common names."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".py")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


basics = sibling("_torch_payload")
common = sibling("_deep_bench_payload")
rates = sibling("_deep_rates_payload")
results = sibling("_deep_results_payload")
models = sibling("_deep_model_payload")
sibling("_deep_links_payload")
many = sibling("_deep_many_payload")


def run(out: Any, stage: str, gpu: int | None, work: Callable[[], Any]) -> dict[str, Any]:
    """Run one stage and print what became of it; return that line."""
    basics.say(out, begin=stage, gpu=gpu)
    started = time.perf_counter()
    line: dict[str, Any] = {"stage": stage, "gpu": gpu, "status": "ok"}
    try:
        line.update(work() or {})
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit and what C extensions raise are answers, too
        line["status"] = status_of(error)
        line["error"] = str(error) if line["status"] != "failed" else basics.describe(error)
    line["seconds"] = round(time.perf_counter() - started, 4)
    basics.say(out, **line)
    return line


def status_of(error: BaseException) -> str:
    """Return the word for how a stage ended."""
    kinds = ((common.Wrong, "wrong"), (common.Skipped, "skipped"), (common.Hung, "hung"))
    for kind, word in kinds:
        if isinstance(error, kind):
            return word
    full = isinstance(error, (common.NoRoom, MemoryError))
    text = str(error).lower()
    return "memory" if full or any(words in text for words in _MEMORY) else "failed"


def poisoned(torch: Any, gpu: int | None) -> bool:
    """Whether CUDA answers nothing but errors in this process from now on."""
    if not torch.cuda.is_initialized():
        return False
    try:
        torch.cuda.synchronize(gpu if gpu is not None else 0)
        torch.cuda.empty_cache()
    except Exception:  # any failure is the answer
        return True
    return False


class Places:
    """Benches, made when the first stage of a place begins."""

    def __init__(self, torch: Any, scratch: str) -> None:
        self.torch, self.scratch = torch, scratch
        self.found: dict[Any, Any] = {}

    def on(self, gpu: int | None, work: Callable[[Any], Any]) -> dict[str, Any]:
        """Run *work* on a GPU (None: the CPU) and add what was noted of the GPU meanwhile."""
        if gpu is not None:
            self.torch.cuda.set_device(gpu)
        if gpu not in self.found:
            self.found = {gpu: common.Bench(self.torch, gpu, self.scratch)}
        bench = self.found[gpu]
        bench.noted = {}
        try:
            line = dict(work(bench))
        finally:
            gc.collect()
            if bench.on_gpu:
                self.torch.cuda.empty_cache()
        return {**line, "busy": bench.busy, **bench.noted}


def plan(torch: Any, gpus: list[Any], asked: dict[str, Any]) -> Iterator[Any]:
    """Yield every stage in order: each GPU by itself, then the compiler once for each kind of GPU, then all GPUs."""
    places = Places(torch, asked["scratch"])
    for gpu in gpus:
        for name, work in rates.STAGES + results.STAGES:
            yield name, gpu, partial(places.on, gpu, work)
    kinds = {torch.cuda.get_device_capability(g): g for g in reversed(gpus) if g is not None}
    for gpu in sorted(kinds.values()):
        for name, work in results.COMPILERS + models.EXTENSIONS + models.MODELS:
            yield name, gpu, partial(places.on, gpu, work)
    count = sum(gpu is not None for gpu in gpus)
    together = many.Many(torch, count, asked)
    yield "topology", None, partial(many.topology, together)
    yield "peer", None, partial(many.peer, together)
    for gpu in range(count):
        yield "p2p", gpu, partial(many.p2p, together, gpu)
    for name, work in many.HOST_STAGES:
        yield name, None, partial(work, together)


def remaining(
    stages: Iterator[Any], after: list[Any] | None, only: list[str] | None = None
) -> Iterator[Any]:
    """Yield the stages of *only* (None: all) that come behind *after* ([name, gpu]; None: the beginning)."""
    waiting = after is not None
    for name, gpu, work in stages:
        if not waiting:
            if only is None or name in only:
                yield name, gpu, work
        elif [name, gpu] == after:
            waiting = False


def import_torch() -> dict[str, Any]:
    import torch

    return {"detail": str(torch.__version__)}


def start(torch: Any, asked: dict[str, Any]) -> list[Any]:
    """Return the places to check: every GPU, or what was asked for."""
    if "places" in asked:
        return list(asked["places"])
    torch.cuda.init()
    return list(range(torch.cuda.device_count()))


def prepare(asked: dict[str, Any]) -> None:
    """Set what must be set before torch is imported; all of it for this process alone."""
    basics.add_paths(asked["paths"])
    for name in ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR"):
        os.environ[name] = os.path.join(asked["scratch"], name.lower())
    if len(asked["scratch"]) < 60:  # sockets of workers lie there, and their paths must stay short
        os.environ["TMPDIR"] = asked["scratch"]
    os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"
    asked["nccl"] = sorted(name for name in os.environ if name.startswith("NCCL_"))
    os.environ.setdefault("NCCL_DEBUG", "WARN")
    if sys.platform.startswith("linux"):
        os.environ["NCCL_SOCKET_IFNAME"] = "lo"  # one host: nothing of this leaves it


def main() -> None:
    out = basics.private_stdout()
    asked = json.loads(sys.argv[1])
    prepare(asked)
    if run(out, "import", None, import_torch)["status"] == "ok":
        torch = sys.modules["torch"]
        gpus: list[Any] = []
        begun = run(out, "init", None, lambda: gpus.extend(start(torch, asked)))
        if begun["status"] == "ok":
            if asked.get("after"):
                time.sleep(1.0)  # the driver's figure of how busy a GPU is looks back that far
            planned = plan(torch, gpus, asked)
            for name, gpu, work in remaining(planned, asked.get("after"), asked.get("only")):
                line = run(out, name, gpu, work)
                if line["status"] not in ("ok", "skipped") and poisoned(torch, gpu):
                    basics.say(out, poisoned=True)
                    out.flush()
                    os._exit(0)
    basics.say(out, end=True)
    out.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
