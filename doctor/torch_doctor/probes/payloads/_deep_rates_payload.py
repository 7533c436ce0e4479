"""Stages that measure: matrix products in every precision, memory, and the way to and from the host.

Each checks what it computed before it says how fast. Python 3.8, the standard library and torch, nothing else.
"""

from __future__ import annotations

import os
import sys
from typing import Any

common = sys.modules["_deep_bench_payload"]

# Largest error of one entry, in units of a typical entry (√k for products of k normal numbers). Each is a few times
# what rounding of the inputs' products and of the result can make: half a unit in the last place of a large entry.
ALLOWED = {"fp32": 1e-4, "tf32": 1e-2, "bf16": 6e-2, "fp16": 2e-2, "fp8": 1e-1}
SIDES = (8192, 4096)
LANE_GB = {1: 0.25, 2: 0.5, 3: 0.985, 4: 1.969, 5: 3.938, 6: 7.563}
GOLDEN = 10000


def matmul_fp32(bench: Any) -> dict[str, Any]:
    return _matmul(bench, "fp32")


def matmul_tf32(bench: Any) -> dict[str, Any]:
    bench.needs_gpu()
    bench.needs((8, 0), "TF32")
    return _matmul(bench, "tf32")


def matmul_bf16(bench: Any) -> dict[str, Any]:
    bench.needs((8, 0), "bf16 at full speed")
    return _matmul(bench, "bf16")


def matmul_fp16(bench: Any) -> dict[str, Any]:
    bench.needs_gpu()
    return _matmul(bench, "fp16")


def matmul_fp8(bench: Any) -> dict[str, Any]:
    bench.needs_gpu()
    bench.needs((8, 9), "FP8")
    if not hasattr(bench.torch, "_scaled_mm") or not hasattr(bench.torch, "float8_e4m3fn"):
        raise common.Skipped("this torch has no FP8 matrix product")
    return _matmul(bench, "fp8")


def _matmul(bench: Any, kind: str) -> dict[str, Any]:
    _precision(bench, kind)
    error = _product(bench, kind, 128, 272, 80)[1]
    size = {"fp32": 4, "tf32": 4, "bf16": 2, "fp16": 2, "fp8": 2}[kind]
    sides = SIDES if bench.on_gpu else (256,)
    side = bench.largest(sides, lambda n: n * n * (8 + 3 * size))
    if side is None:
        room = "%d MiB" % (bench.room() >> 20)
        return {"detail": "right, but too little memory for a rate: %s may be used" % room}
    work, large = _product(bench, kind, side, side, side)
    seconds = bench.best(work)
    words = "%d×%d, error %.2g of %.2g allowed" % (side, side, max(error, large), ALLOWED[kind])
    return {"value": 2.0 * side**3 / seconds / 1e12, "unit": "TFLOP/s", "detail": words}


def _precision(bench: Any, kind: str) -> None:
    """Set whether fp32 products may use TF32, in this process alone; raise Skipped where the environment decides."""
    override = os.environ.get("NVIDIA_TF32_OVERRIDE")
    if kind not in ("fp32", "tf32") or not bench.on_gpu:
        return
    if override is not None and override != ("1" if kind == "tf32" else "0"):
        raise common.Skipped("NVIDIA_TF32_OVERRIDE=%s decides about TF32" % override)
    matmul = bench.torch.backends.cuda.matmul
    matmul.allow_tf32 = kind == "tf32"
    if matmul.allow_tf32 != (kind == "tf32"):
        raise common.Skipped("the environment decides about TF32")


def _product(bench: Any, kind: str, m: int, k: int, n: int) -> tuple[Any, float]:
    """Return a product as a function, and the error of a sample of its result against float64."""
    torch = bench.torch
    a, b = bench.random(m, k), bench.random(k, n, seed=1)
    if kind == "fp8":
        a, b = a.to(torch.float8_e4m3fn), b.t().contiguous().to(torch.float8_e4m3fn).t()
        one = torch.ones((), device=bench.place)

        def work() -> Any:
            found = torch._scaled_mm(
                a, b, scale_a=one, scale_b=one, out_dtype=torch.bfloat16, use_fast_accum=True
            )
            return found[0] if isinstance(found, tuple) else found

    else:
        dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(kind, torch.float32)
        a, b = a.to(dtype), b.to(dtype)
        out = torch.empty(m, n, dtype=dtype, device=bench.place)

        def work() -> Any:
            return torch.mm(a, b, out=out)

    return work, _sample_error(bench, work(), a, b, ALLOWED[kind], kind + " product")


def _sample_error(bench: Any, c: Any, a: Any, b: Any, allowed: float, what: str) -> float:
    """Compare 128 rows by 128 columns of a product with float64 on the CPU; they lie all over the result."""
    torch = bench.torch
    chooser = torch.Generator().manual_seed(5)
    rows = torch.randperm(a.shape[0], generator=chooser)[:128].to(bench.place)
    columns = torch.randperm(b.shape[1], generator=chooser)[:128].to(bench.place)
    want = a.float()[rows].double().cpu() @ b.float()[:, columns].double().cpu()
    return float(common.compare(c[rows][:, columns], want, a.shape[1] ** 0.5, allowed, what))


def matmul_golden(bench: Any) -> dict[str, Any]:
    """Multiply the two 10000×10000 matrices that people use to see whether a GPU works, with torch's own settings."""
    torch, side = bench.torch, GOLDEN if bench.on_gpu else 500
    if bench.room() < 4 * 4 * side * side:
        raise common.NoRoom("needs %d MiB" % (4 * 4 * side * side * 2.5 / (1 << 20)))
    matmul = torch.backends.cuda.matmul
    matmul.allow_tf32 = False
    a, b = bench.random(side, side), bench.random(side, side, seed=1)
    # The environment may force TF32, which is a choice and no fault.
    kind = "tf32" if matmul.allow_tf32 or os.environ.get("NVIDIA_TF32_OVERRIDE") == "1" else "fp32"
    _sample_error(bench, a @ b, a, b, ALLOWED[kind], "product")
    seconds = bench.best(lambda: a @ b)
    words = "%.1f ms in %s" % (seconds * 1e3, kind)
    return {"value": 2.0 * side**3 / seconds / 1e12, "unit": "TFLOP/s", "detail": words}


def copy(bench: Any) -> dict[str, Any]:
    """Copy memory on the GPU; every byte is read and written once."""
    torch = bench.torch
    size = bench.largest((1 << 30, 1 << 28, 1 << 26, 1 << 22), lambda n: 2 * n + n // 4)
    if size is None:
        raise common.NoRoom("needs 10 MiB")
    source = torch.empty(size // 8, dtype=torch.int64, device=bench.place).random_()
    target = torch.empty_like(source)
    seconds = bench.best(lambda: target.copy_(source))
    if not torch.equal(source, target):
        raise common.Wrong("a copy of %d MiB differs from what was copied" % (size >> 20))
    words = "%d MiB" % (size >> 20)
    if bench.on_gpu and size < 1 << 28:  # caches would be measured
        return {"detail": "right, but too little memory for a rate: only %s" % words}
    return {"value": 2.0 * size / seconds / 1e9, "unit": "GB/s", "detail": words}


def host_to_device(bench: Any) -> dict[str, Any]:
    return _host(bench, towards_gpu=True)


def device_to_host(bench: Any) -> dict[str, Any]:
    return _host(bench, towards_gpu=False)


def _host(bench: Any, *, towards_gpu: bool) -> dict[str, Any]:
    bench.needs_gpu()
    torch = bench.torch
    size = bench.largest((1 << 28, 1 << 26, 1 << 22), lambda n: n + n // 4)
    if size is None:
        raise common.NoRoom("needs 5 MiB")
    host = torch.empty(size // 8, dtype=torch.int64).random_().pin_memory()
    there = torch.empty(size // 8, dtype=torch.int64, device=bench.place).random_()
    source, target = (host, there) if towards_gpu else (there, host)
    seconds = bench.best(lambda: target.copy_(source, non_blocking=True))
    bench.sync()
    if not torch.equal(host, there.cpu()):
        raise common.Wrong("a copy of %d MiB differs from what was copied" % (size >> 20))
    found = {"value": size / seconds / 1e9, "unit": "GB/s", "detail": "%d MiB" % (size >> 20)}
    found.update(_link(bench))
    return found


def _link(bench: Any) -> dict[str, Any]:
    """Return what the PCIe link could carry and how it is trained, where the driver says so."""
    now, width, most, widest = bench.watch.link()
    if not (now and width and most and widest) or most not in LANE_GB:
        return {}
    words = "PCIe %d ×%d now, %d ×%d possible" % (now, width, most, widest)
    return {"limit": LANE_GB[most] * widest, "link": words}


STAGES = (
    ("matmul-fp32", matmul_fp32),
    ("matmul-tf32", matmul_tf32),
    ("matmul-bf16", matmul_bf16),
    ("matmul-fp16", matmul_fp16),
    ("matmul-fp8", matmul_fp8),
    ("matmul-10000", matmul_golden),
    ("copy", copy),
    ("host-to-device", host_to_device),
    ("device-to-host", device_to_host),
)
