"""On a GPU machine: what the driver proof answers and costs, in good states and in bad ones. Nothing of it is changed.

``python -m tests.gpu.proof [--runs N]``: each step of the proof with its time; what is said where a GPU is full, hidden,
without a compiler for PTX, or where torch cannot be imported; what the proof costs a training step that runs beside it;
and what the whole command costs beside ``torch.ones``. The output is all that there is to keep.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

KERNEL = "import torch; torch.ones(1, device='cuda')"
# Takes what is free on the first GPU but for so many MiB, says so, and keeps it until its input ends.
HOG = """
import sys, torch
free, _ = torch.cuda.mem_get_info()
held = torch.empty(max(0, free - int(sys.argv[1]) * 2**20 - 64 * 2**20), dtype=torch.uint8, device="cuda")
print("held", flush=True)
sys.stdin.read()
"""
# A step of a small training, again and again; prints the times of the steps, in ms, when its input ends.
TRAINING = """
import json, select, sys, time, torch
net = torch.nn.Sequential(*[torch.nn.Linear(4096, 4096) for _ in range(8)]).cuda()
opt, data = torch.optim.SGD(net.parameters(), 1e-3), torch.randn(2048, 4096, device="cuda")
def step():
    opt.zero_grad(); net(data).square().mean().backward(); opt.step(); torch.cuda.synchronize()
for _ in range(20): step()
print("ready", flush=True)
times = []
while not select.select([sys.stdin], [], [], 0)[0]:
    start = time.perf_counter(); step(); times.append(1e3 * (time.perf_counter() - start))
print(json.dumps(times))
"""


def check(*words: str, **environ: str) -> tuple[float, int, Any]:
    """Run ``torch-doctor --json`` and return seconds, exit code and report."""
    command = [sys.executable, "-m", "torch_doctor", "check", sys.executable, "--json", *words]
    started = time.perf_counter()
    done = subprocess.run(
        command, capture_output=True, check=False, env={**os.environ, **environ}, timeout=300
    )
    seconds = time.perf_counter() - started
    try:
        return seconds, done.returncode, json.loads(done.stdout)
    except ValueError:
        print(done.stderr.decode("utf-8", "replace")[-3000:])
        raise


def show(title: str, *words: str, **environ: str) -> None:
    """Print what one state looks like: verdict, primary, every step that is not plainly ok."""
    seconds, code, report = check(*words, **environ)
    primary = report["primary"] or {}
    print(
        f"\n== {title}: {report['verdict']}, exit {code}, proof {report['proof']}, {seconds:.3f} s"
    )
    print(f"   primary: {primary.get('code')} {primary.get('cause')}: {primary.get('message')}")
    for finding in report["findings"]:
        print(f"   {finding['severity']:7} {finding['code']} {finding['message'][:200]}")
    proof = report["facts"]["driver_proof"]
    for step in proof.get("value", [{"step": "unavailable", **proof}]):
        values = {key: value for key, value in step.items() if key != "step"}
        print(f"   {step['step']:8} {json.dumps(values)}")


def ratio(runs: int) -> None:
    """Print what the commands cost, one after the other, again and again."""
    ours = [sys.executable, "-m", "torch_doctor", "check", sys.executable, "--json"]
    commands = {
        "torch.ones": [sys.executable, "-c", KERNEL],
        "--proof driver": [*ours, "--proof", "driver"],
        "default": ours,
        "--static": [*ours, "--static"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, command in commands.items():
            started = time.perf_counter()
            subprocess.run(command, capture_output=True, check=False, timeout=300)
            if run:
                times[name].append(time.perf_counter() - started)
    print()
    for name, taken in times.items():
        pairs = [one / base for one, base in zip(taken, times["torch.ones"], strict=True)]
        print(
            f"{statistics.median(taken):7.3f} s  {statistics.median(pairs):6.3f} x torch.ones  {name}"
        )


@contextmanager
def beside(script: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Run a script while something else happens; it has said one word when this begins."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", script, *words]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            if process.poll() is None and process.stdin is not None and not process.stdin.closed:
                process.stdin.close()


def training() -> None:
    """Print how long a training step takes alone and beside the proof."""
    times: dict[str, list[float]] = {}
    for name in ("alone", "beside the proof", "alone again"):
        with beside(TRAINING) as process:
            ends = time.monotonic() + 4
            while time.monotonic() < ends:
                if name == "beside the proof":
                    check("--proof", "driver")
                else:
                    time.sleep(0.2)
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            times[name] = json.loads(process.stdout.read())
    print()
    for name, taken in times.items():
        print(
            f"training step {name}: median {statistics.median(taken):.3f} ms of {len(taken)} steps"
        )


def broken_import() -> Mapping[str, str]:
    """Return an environment in which torch cannot be imported by a plain python, and the driver is as before."""
    folder = Path(tempfile.mkdtemp(prefix="torch-doctor-test-"))
    (folder / "typing_extensions.py").write_text("raise ImportError('for the test')\n")
    return {"PYTHONPATH": str(folder)}


def main() -> None:
    """Show every state, then the costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    show("first time, cold", "--proof", "driver")
    show("again, warm", "--proof", "driver")
    show("default")
    show("hidden by a mask", "--proof", "driver", CUDA_VISIBLE_DEVICES="-1")
    show("no compiler for PTX", "--proof", "driver", CUDA_DISABLE_PTX_JIT="1")
    show("all code as PTX", "--proof", "driver", CUDA_FORCE_PTX_JIT="1")
    show("eager loading", "--proof", "driver", CUDA_MODULE_LOADING="EAGER")
    show("blocking launches", "--proof", "driver", CUDA_LAUNCH_BLOCKING="1")
    show("torch cannot be imported", **broken_import())
    for left in (100, 450, 900):
        with beside(HOG, str(left)):
            show(f"{left} MiB free", "--proof", "driver")
    with beside(HOG, "450"):
        show("450 MiB free, torch too")
    training()
    ratio(runs)


if __name__ == "__main__":
    main()
