"""Stages with code that people run: a model of torchvision, and one attention call of flash-attn and of vLLM.

Python 3.8, the standard library, torch, and what is installed beside it.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

common = sys.modules["_deep_bench_payload"]
results = sys.modules["_deep_results_payload"]
BATCH, SIDE = 32, 224
COMPILERS = 8
# Bytes that must be free for it: a training step in fp32 keeps 2.65 GiB of activations for its way back.
NEEDS = {"infer": 1 << 30, "train": 7 << 29}


def model(task: str, how: str, bench: Any) -> dict[str, Any]:
    """Run EfficientNet-B0, forwards or as a training step; return images per second and the memory that it took."""
    bench.needs_gpu()
    if how == "compiled":
        results.needs_triton(bench)
    make = _efficientnet()
    torch = bench.torch
    if bench.room() < NEEDS[task]:
        raise common.NoRoom("needs %d MiB" % (NEEDS[task] >> 20))
    torch.manual_seed(7)
    net = make().to(bench.place)
    images = bench.random(BATCH, 3, SIDE, SIDE)
    work = (
        _inference(bench, net, images, how) if task == "infer" else _step(bench, net, images, how)
    )
    torch.cuda.reset_peak_memory_stats(bench.gpu)
    found = work()
    if not bool(torch.isfinite(found).all()):
        raise common.Wrong("EfficientNet-B0 gives numbers that are not finite")
    seconds = bench.best(work)
    peak = torch.cuda.max_memory_allocated(bench.gpu) / (1 << 30)
    words = "EfficientNet-B0, batch %d, %.1f GiB at most" % (BATCH, peak)
    return {"value": BATCH / seconds, "unit": "images/s", "detail": words}


def _efficientnet() -> Callable[[], Any]:
    if importlib.util.find_spec("torchvision") is None:
        raise common.Skipped("torchvision is not installed")
    try:
        models = importlib.import_module("torchvision.models")
    except Exception as error:  # what is wrong with it is told by the package's own rules
        raise common.Skipped("torchvision cannot be imported: %s" % error) from None
    if not hasattr(models, "efficientnet_b0"):
        raise common.Skipped("this torchvision has no EfficientNet")
    make: Callable[[], Any] = models.efficientnet_b0
    return make


def _precision(bench: Any, how: str) -> tuple[Any, Any]:
    """Return a context for each forward pass, and a scaler where half precision needs one."""
    torch = bench.torch
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    if how == "fp32":
        return nullcontext, None
    modern = bench.capability >= (8, 0)
    dtype = torch.bfloat16 if modern else torch.float16
    return partial(torch.autocast, device_type="cuda", dtype=dtype), (
        None if modern else results.make_scaler(torch)
    )


def _inference(bench: Any, net: Any, images: Any, how: str) -> Callable[[], Any]:
    torch = bench.torch
    context, _ = _precision(bench, how)
    net.eval()
    run = _compiled(torch, net) if how == "compiled" else net

    def work() -> Any:
        with torch.no_grad(), context():
            return run(images)

    return work


def _compiled(torch: Any, net: Any) -> Any:
    """Compile with several processes: alone, a training step of this model took minutes."""
    config: Any = importlib.import_module("torch._inductor.config")
    config.compile_threads = max(1, min(COMPILERS, os.cpu_count() or 1))
    return torch.compile(net)


def _step(bench: Any, net: Any, images: Any, how: str) -> Callable[[], Any]:
    torch = bench.torch
    context, scaler = _precision(bench, how)
    net.train()
    run = _compiled(torch, net) if how == "compiled" else net
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9)
    labels = torch.arange(BATCH, device=bench.place)

    def work() -> Any:
        optimizer.zero_grad(set_to_none=True)
        with context():
            loss = torch.nn.functional.cross_entropy(run(images), labels)
        if scaler is None:
            loss.backward()
            optimizer.step()
        else:
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        return loss.detach()

    return work


def flash_attn(bench: Any) -> dict[str, Any]:
    """Run one attention of flash-attn's own, and compare it with float64."""
    module = _installed(bench, "flash_attn", "flash-attn", "flash_attn")

    def call(q: Any, k: Any, v: Any) -> Any:
        return module.flash_attn_func(q, k, v, causal=True)

    return _attention(bench, call, "flash-attn %s" % getattr(module, "__version__", ""))


def vllm(bench: Any) -> dict[str, Any]:
    """Run one attention of the flash-attn that vLLM carries."""
    module = _installed(bench, "vllm", "vLLM", "vllm.vllm_flash_attn")
    function = getattr(module, "flash_attn_varlen_func", None)
    if function is None:
        raise common.Skipped("this vLLM carries no flash-attn")
    torch = bench.torch

    def call(q: Any, k: Any, v: Any) -> Any:
        batch, length = q.shape[:2]
        ends = torch.arange(batch + 1, device=q.device, dtype=torch.int32) * length
        most = {"max_seqlen_q": length, "max_seqlen_k": length}
        flat = [t.reshape(batch * length, *t.shape[2:]) for t in (q, k, v)]
        found = function(*flat, cu_seqlens_q=ends, cu_seqlens_k=ends, causal=True, **most)
        return (found[0] if isinstance(found, tuple) else found).reshape(q.shape)

    return _attention(bench, call, "vLLM %s" % getattr(sys.modules["vllm"], "__version__", ""))


def _installed(bench: Any, package: str, name: str, module: str) -> Any:
    bench.needs_gpu()
    bench.needs((8, 0), name)
    if importlib.util.find_spec(package) is None:
        raise common.Skipped("%s is not installed" % name)
    return importlib.import_module(module)


def _attention(bench: Any, call: Callable[..., Any], name: str) -> dict[str, Any]:
    torch = bench.torch
    q, k, v = (bench.random(2, 128, 4, 64, seed=s).to(torch.bfloat16) for s in range(3))
    got = call(q, k, v)
    bench.sync()
    wanted = results.reference(
        torch, *(t.double().cpu().transpose(1, 2) for t in (q, k, v)), causal=True
    )
    typical = float(wanted.pow(2).mean()) ** 0.5
    allowed = results.HALF_ALLOWED
    error = common.compare(got.transpose(1, 2), wanted, typical, allowed, "attention")
    return {"detail": "%s, error %.2g of %.2g allowed" % (name.strip(), error, allowed)}


EXTENSIONS = (("flash-attn", flash_attn), ("vllm", vllm))
MODELS = tuple(
    ("model-%s-%s" % (task, how), partial(model, task, how))
    for task in ("infer", "train")
    for how in ("fp32", "amp", "compiled")
)
