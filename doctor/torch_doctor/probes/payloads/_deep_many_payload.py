"""Stages over all GPUs of a host, and over processes: peer access, copies between GPUs, NCCL, DataLoader workers.

Python 3.8, the standard library and torch, nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from typing import Any

common = sys.modules["_deep_bench_payload"]
joined = sys.modules["_deep_links_payload"]
RANKS_S = 75.0
# A multicast that was switched off stays off: on a shared host it can take all GPUs out of service.
_KEPT = ("NCCL_NVLS_ENABLE",)
ITEM, ITEMS, BATCH = 1 << 20, 48, 4  # batches of 16 MiB; four wait in /dev/shm at a time


class Many:
    """All GPUs of this process, and where to put what is needed for a moment."""

    def __init__(self, torch: Any, count: int, asked: dict[str, Any]) -> None:
        self.torch, self.count = torch, count
        self.scratch, self.paths = asked["scratch"], asked["paths"]
        self.nccl: list[str] = asked.get("nccl", [])  # the user's own variables of NCCL

    def needs_two(self) -> None:
        """Raise Skipped where there is one GPU."""
        if self.count < 2:
            raise common.Skipped("needs two GPUs, and torch sees %d" % self.count)

    def room(self, most: int) -> int:
        """Return how many bytes fit on every GPU, at most *most*."""
        free = min(self.torch.cuda.mem_get_info(gpu)[0] for gpu in range(self.count))
        if free * common.SHARE < 8 << 20:
            raise common.NoRoom("one GPU has %d MiB free" % (free >> 20))
        return int(min(most, free * common.SHARE / 4)) // 64 * 64


def topology(many: Many) -> dict[str, Any]:
    """Ask the driver how each pair of GPUs is joined."""
    many.needs_two()
    found = joined.topology([common.Watch(many.torch, gpu) for gpu in range(many.count)])
    if not found:
        raise common.Skipped("the driver does not say how the GPUs are joined")
    return {"links": found}


def peer(many: Many) -> dict[str, Any]:
    """Ask which GPUs may read each other's memory."""
    many.needs_two()
    pairs = [(a, b) for a in range(many.count) for b in range(many.count) if a != b]
    closed = [p for p in pairs if not many.torch.cuda.can_device_access_peer(*p)]
    listed = ", ".join("%d→%d" % pair for pair in closed[:20])
    more = " and %d more" % (len(closed) - 20) if len(closed) > 20 else ""
    return {
        "value": len(pairs) - len(closed),
        "unit": "pairs",
        "limit": len(pairs),
        "detail": "no access: %s%s" % (listed, more) if closed else "all pairs",
    }


def p2p(many: Many, gpu: int) -> dict[str, Any]:
    """Copy from one GPU to every other, compare what arrived, and time the way to the next."""
    many.needs_two()
    torch, size = many.torch, many.room(1 << 28)
    source = torch.empty(size // 8, dtype=torch.int64, device="cuda:%d" % gpu).random_()
    short = source[: min(size, 1 << 22) // 8]
    kept = short.cpu()
    for other in range(many.count):
        if other != gpu:
            # A target with a pattern of its own: a copy that never arrives is seen.
            arrived = torch.full_like(short, -1, device="cuda:%d" % other)
            arrived.copy_(short)
            torch.cuda.synchronize(other)
            if not torch.equal(arrived.cpu(), kept):
                raise common.Wrong("what GPU %d sent to GPU %d arrived changed" % (gpu, other))
    after = (gpu + 1) % many.count
    target = torch.empty_like(source, device="cuda:%d" % after)
    seconds = _best(torch, lambda: target.copy_(source), (gpu, after))
    direct = torch.cuda.can_device_access_peer(gpu, after)
    way = "directly" if direct else "through the host"
    rate = size / seconds / 1e9
    link = {"a": gpu, "b": after, "way": "direct" if direct else "host", "rate": rate}
    words = "to GPU %d, %s" % (after, way)
    return {"value": rate, "unit": "GB/s", "detail": words, "links": [link]}


def _best(torch: Any, work: Any, gpus: Any) -> float:
    found = []
    for _ in range(6):
        for gpu in gpus:
            torch.cuda.synchronize(gpu)
        started = time.perf_counter()
        work()
        for gpu in gpus:
            torch.cuda.synchronize(gpu)
        found.append(time.perf_counter() - started)
    return min(found[1:])


def nccl(many: Many) -> dict[str, Any]:
    """Add up over all GPUs, from this one process."""
    many.needs_two()
    torch = many.torch
    function = getattr(getattr(torch.cuda, "nccl", None), "all_reduce", None)
    if function is None:
        raise common.Skipped("this torch has no NCCL")
    count = many.room(64 << 20) // 4
    gpus = range(many.count)
    given = [torch.full((count,), float(g + 1), device="cuda:%d" % g) for g in gpus]
    taken = [torch.empty_like(tensor) for tensor in given]
    seconds = _best(torch, lambda: function(given, taken), gpus)
    wanted = many.count * (many.count + 1) / 2.0
    for gpu, tensor in enumerate(taken):
        if not bool((tensor == wanted).all()):
            raise common.Wrong("the sum on GPU %d is not %g everywhere" % (gpu, wanted))
    return {"value": bus_rate(many.count, count * 4, seconds), "unit": "GB/s", "detail": "bus rate"}


def bus_rate(count: int, size: int, seconds: float) -> float:
    """Return GB/s over each GPU's links in an all-reduce by rings: every byte crosses 2(n-1)/n times."""
    return 2.0 * (count - 1) / count * size / seconds / 1e9


def nccl_processes(many: Many) -> dict[str, Any]:
    """Add up over all GPUs, from one process each, as torchrun starts them."""
    found = _ranks(many, "ranks", dict(os.environ))
    if many.nccl:
        found["detail"] += ", with %s" % ", ".join(many.nccl)
    return found


def nccl_default(many: Many) -> dict[str, Any]:
    """Do the same without the user's variables of NCCL, so that it shows what they change."""
    many.needs_two()
    left_out = [name for name in many.nccl if name not in _KEPT]
    if not left_out:
        raise common.Skipped("no NCCL_* is set that may be left out: it would be the same again")
    environ = {name: value for name, value in os.environ.items() if name not in left_out}
    environ.update(NCCL_DEBUG="WARN", NCCL_SOCKET_IFNAME="lo")
    found = _ranks(many, "default", environ)
    found["detail"] += ", without %s" % ", ".join(left_out)
    return found


def _ranks(many: Many, name: str, environ: dict[str, str]) -> dict[str, Any]:
    """Start one process for each GPU; they meet over a file."""
    many.needs_two()
    size = many.room(64 << 20)
    here = os.path.dirname(os.path.abspath(__file__))
    store = os.path.join(many.scratch, name)
    ranks = []
    for rank in range(many.count):
        output = open(os.path.join(many.scratch, "%s%d" % (name, rank)), "w+b")  # noqa: SIM115 - read when all have ended
        asked = {
            "rank": rank,
            "world": many.count,
            "store": store,
            "bytes": size,
            "paths": many.paths,
        }
        scripts = (os.path.join(here, "_%s_payload.py" % one) for one in ("start", "deep_rank"))
        command = [sys.executable, "-I", "-B", *scripts, json.dumps(asked)]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(
            command, stdin=quiet, stdout=subprocess.PIPE, stderr=output, env=environ
        )
        ranks.append((process, output))
    return _gathered(ranks, many.count, size)


def _gathered(ranks: list[tuple[Any, Any]], count: int, size: int) -> dict[str, Any]:
    """Wait for all ranks, until the first fails or time is up; say what they said."""
    deadline = time.monotonic() + RANKS_S
    while time.monotonic() < deadline:
        codes = [process.poll() for process, _ in ranks]
        if all(code is not None for code in codes):
            break
        if any(code for code in codes):  # the others would wait for it until their own time is up
            time.sleep(2)
            break
        time.sleep(0.05)
    late = [rank for rank, (process, _) in enumerate(ranks) if process.poll() is None]
    for rank in late:
        ranks[rank][0].kill()
    answers = [_answer(*rank) for rank in ranks]
    failed = [(r, one["error"]) for r, one in enumerate(answers) if one.get("error")]
    if failed:
        wrong = any(one.get("wrong") for one in answers)
        rank, error = next((f for f in failed if f[0] not in late), failed[0])
        text = "rank %d: %s" % (rank, error)
        if wrong:
            raise common.Wrong(text)
        if len(late) == len(ranks) or (late and time.monotonic() >= deadline):
            raise common.Hung("ranks %s did not finish; %s" % (late, text))
        raise RuntimeError(text)
    seconds = max(float(one["seconds"]) for one in answers)
    return {"value": bus_rate(count, size, seconds), "unit": "GB/s", "detail": "bus rate"}


def _answer(process: Any, output: Any) -> dict[str, Any]:
    """Return the answer of one rank; its last words become the error where it gave none."""
    out = process.stdout.read()
    code = process.wait()
    output.seek(0)
    words = output.read()[-3000:].decode("utf-8", "replace").strip()
    output.close()
    process.stdout.close()
    for line in out.decode("utf-8", "replace").splitlines():
        with contextlib.suppress(ValueError):
            found = json.loads(line)
            if isinstance(found, dict) and ("seconds" in found or "error" in found):
                if found.get("error"):
                    warned = [
                        w for w in words.splitlines() if "NCCL WARN" in w or "error" in w.lower()
                    ]
                    found["error"] = "\n".join([found["error"], *warned[-5:]])
                return found
    return {"error": "it ended with %s; %s" % (code, words[-1500:] or "no words")}


def workers(many: Many) -> dict[str, Any]:
    """Have two DataLoader workers hand batches over through shared memory."""
    torch = many.torch
    data = torch.utils.data.TensorDataset(torch.ones(1).expand(ITEMS, ITEM))
    loader = torch.utils.data.DataLoader(data, batch_size=BATCH, num_workers=2, timeout=40)
    started = time.perf_counter()
    size = 0
    for (batch,) in loader:
        if float(batch[:, :: ITEM // 16].mean()) != 1.0:
            raise common.Wrong("a batch of the DataLoader arrived changed")
        size += batch.numel() * 4
    seconds = time.perf_counter() - started
    words = "%d batches of %d MiB, two workers" % (ITEMS // BATCH, BATCH * ITEM * 4 >> 20)
    return {"value": size / seconds / 1e9, "unit": "GB/s", "detail": words}


HOST_STAGES = (
    ("nccl", nccl),
    ("nccl-processes", nccl_processes),
    ("nccl-default", nccl_default),
    ("workers", workers),
)
