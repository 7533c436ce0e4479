"""Stages that check results: convolution, attention by every backend, a training step, a CUDA graph, the compiler.

Python 3.8, the standard library and torch, nothing else.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

common = sys.modules["_deep_bench_payload"]
HALF_ALLOWED, FULL_ALLOWED = 1e-1, 1e-4
UNSUPPORTED = (
    "no available kernel",
    "no viable backend",
    "not supported",
    "not enabled",
    "unsupported",
)


def conv(bench: Any) -> dict[str, Any]:
    """Run a convolution forwards and backwards in fp32 and in half precision."""
    torch = bench.torch
    torch.backends.cudnn.allow_tf32 = False
    errors = [_conv(bench, torch.float32, FULL_ALLOWED * 5)]
    half = torch.bfloat16 if bench.capability >= (8, 0) or not bench.on_gpu else torch.float16
    errors.append(_conv(bench, half, HALF_ALLOWED))
    return {"detail": "error %.2g in fp32, %.2g in half precision" % tuple(errors)}


def _conv(bench: Any, dtype: Any, allowed: float) -> float:
    torch = bench.torch
    image, weights = (
        bench.random(4, 16, 24, 24).to(dtype),
        bench.random(24, 16, 3, 3, seed=1).to(dtype),
    )
    upstream = bench.random(4, 24, 22, 22, seed=2).to(dtype)

    def run(*tensors: Any) -> list[Any]:
        x, w = (t.detach().clone().requires_grad_() for t in tensors[:2])
        out = torch.nn.functional.conv2d(x, w)
        out.backward(tensors[2])
        return [out, x.grad, w.grad]

    got = run(image, weights, upstream)
    want = run(*(t.double().cpu() for t in (image, weights, upstream)))
    names = ("convolution", "gradient of the image", "gradient of the weights")
    return max(
        float(common.compare(g, w, float(w.detach().pow(2).mean()) ** 0.5, allowed, name))
        for g, w, name in zip(got, want, names)
    )


def attention(backend: str, bench: Any) -> dict[str, Any]:
    """Run scaled dot-product attention by one backend; one that does not serve this GPU is skipped."""
    torch = bench.torch
    function = getattr(torch.nn.functional, "scaled_dot_product_attention", None)
    if function is None:
        raise common.Skipped("this torch has no scaled_dot_product_attention")
    modern = bench.capability >= (8, 0) or not bench.on_gpu
    dtype = torch.bfloat16 if modern else torch.float16
    q, k, v = (bench.random(2, 4, 128, 64, seed=s).to(dtype) for s in range(3))
    worst = 0.0
    for causal in (False, True):
        try:
            with _only(torch, backend):
                got = function(q, k, v, is_causal=causal)
                bench.sync()
        except RuntimeError as error:
            if any(words in str(error).lower() for words in UNSUPPORTED):
                raise common.Skipped(str(error).splitlines()[0]) from None
            raise
        want = reference(torch, *(t.double().cpu() for t in (q, k, v)), causal=causal)
        typical = float(want.pow(2).mean()) ** 0.5
        worst = max(worst, common.compare(got, want, typical, HALF_ALLOWED, "attention"))
    return {"detail": "error %.2g of %.2g allowed" % (worst, HALF_ALLOWED)}


def reference(torch: Any, q: Any, k: Any, v: Any, *, causal: bool) -> Any:
    """Return attention as it is written down."""
    weights = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    if causal:
        hidden = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool).triu(1)
        weights = weights.masked_fill(hidden, float("-inf"))
    return weights.softmax(-1) @ v


def _only(torch: Any, backend: str) -> Any:
    """Return a context in which only *backend* serves."""
    names = {"flash": "FLASH_ATTENTION", "efficient": "EFFICIENT_ATTENTION"}
    names.update({"cudnn": "CUDNN_ATTENTION", "math": "MATH"})
    attention = getattr(torch.nn, "attention", None)
    if attention is not None and hasattr(attention, "sdpa_kernel"):
        choice = getattr(attention.SDPBackend, names[backend], None)
        if choice is None:
            raise common.Skipped("this torch has no such backend")
        return attention.sdpa_kernel(choice)
    if backend == "cudnn" or not hasattr(torch.backends.cuda, "sdp_kernel"):
        raise common.Skipped("this torch has no such backend")
    flags = {"flash": "enable_flash", "efficient": "enable_mem_efficient", "math": "enable_math"}
    return torch.backends.cuda.sdp_kernel(**{f: name == backend for name, f in flags.items()})


def autocast(bench: Any) -> dict[str, Any]:
    """Train a small network for ten steps with autocast and, on a GPU, a GradScaler; its loss must fall."""
    torch = bench.torch
    torch.manual_seed(3)
    nn = torch.nn
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 14 * 14, 10))
    net = net.to(bench.place)
    images = bench.random(32, 3, 16, 16)
    labels = torch.arange(32, device=bench.place) % 10
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    scaler = make_scaler(torch) if bench.on_gpu else None
    kind, dtype = ("cuda", torch.float16) if bench.on_gpu else ("cpu", torch.bfloat16)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        with torch.autocast(device_type=kind, dtype=dtype):
            loss = nn.functional.cross_entropy(net(images), labels)
        if scaler is None:
            loss.backward()
            optimizer.step()
        else:
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        losses.append(float(loss.detach()))
    if not losses[-1] < losses[0] * 0.9:
        raise common.Wrong(
            "ten training steps took the loss from %.3g to %.3g" % (losses[0], losses[-1])
        )
    return {"detail": "loss from %.3g to %.3g" % (losses[0], losses[-1])}


def make_scaler(torch: Any) -> Any:
    """Return a GradScaler, by the name that this torch has."""
    modern = getattr(getattr(torch, "amp", None), "GradScaler", None)
    return modern("cuda") if modern else torch.cuda.amp.GradScaler()


def graph(bench: Any) -> dict[str, Any]:
    """Capture a CUDA graph, replay it on other data and compare with the same work done directly."""
    bench.needs_gpu()
    torch = bench.torch
    if not hasattr(torch.cuda, "CUDAGraph"):
        raise common.Skipped("this torch has no CUDA graphs")
    data, weights = bench.random(64, 64), bench.random(64, 64, seed=1)
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            torch.relu(data @ weights)
    torch.cuda.current_stream().wait_stream(stream)
    captured = torch.cuda.CUDAGraph()
    # Without a stream of its own a capture runs on the GPU of the process's first capture.
    with torch.cuda.graph(captured, stream=stream):
        result = torch.relu(data @ weights)
    data.copy_(bench.random(64, 64, seed=2))
    captured.replay()
    bench.sync()
    want = torch.relu(data.double().cpu() @ weights.double().cpu())
    return {"detail": "error %.2g" % common.compare(result, want, 8.0, 1e-2, "replayed graph")}


def triton(bench: Any) -> dict[str, Any]:
    """Compile one kernel with Triton itself and run it."""
    needs_triton(bench)
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_deep_triton_payload.py")
    spec = importlib.util.spec_from_file_location("_deep_triton_payload", here)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["_deep_triton_payload"] = module
    spec.loader.exec_module(module)
    a, b = bench.random(5000), bench.random(5000, seed=1)
    found = module.add(bench.torch, a, b)
    common.compare(found, (a + b).double().cpu(), 1.0, 1e-6, "Triton kernel")
    return {"detail": "triton %s" % module.triton.__version__}


def compile_(bench: Any) -> dict[str, Any]:
    """Let torch.compile make code for a small function, and compare it with the function itself."""
    needs_triton(bench)
    torch = bench.torch
    if not hasattr(torch, "compile"):
        raise common.Skipped("this torch has no torch.compile")

    def function(x: Any, y: Any) -> Any:
        return torch.relu(x @ y).sin() * 2 + x.mean(-1, keepdim=True)

    x, y = bench.random(96, 96), bench.random(96, 96, seed=1)
    torch.backends.cuda.matmul.allow_tf32 = False
    started = time.perf_counter()
    got = torch.compile(function)(x, y)
    bench.sync()
    seconds = time.perf_counter() - started
    common.compare(got, function(x, y).double().cpu(), 1.0, 1e-2, "compiled function")
    return {"value": seconds, "unit": "s", "detail": "cold"}


def needs_triton(bench: Any) -> None:
    """Raise Skipped where Triton compiles nothing."""
    bench.needs_gpu()
    bench.needs((7, 0), "Triton")
    if importlib.util.find_spec("triton") is None:
        raise common.Skipped("triton is not installed")


STAGES: tuple[tuple[str, Callable[[Any], dict[str, Any]]], ...] = (
    ("conv", conv),
    ("attention-math", partial(attention, "math")),
    ("attention-flash", partial(attention, "flash")),
    ("attention-efficient", partial(attention, "efficient")),
    ("attention-cudnn", partial(attention, "cudnn")),
    ("autocast", autocast),
    ("graph", graph),
)
COMPILERS = (("triton", triton), ("compile", compile_))
