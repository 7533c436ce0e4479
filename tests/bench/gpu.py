"""On a GPU machine: what the check costs beside torch itself and beside other tools, in one interleaved run.

``python -m tests.bench.gpu [--runs N]``. Other tools are measured where they are installed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time

PYTHON = sys.executable
NVML = (
    "import pynvml; pynvml.nvmlInit(); h = pynvml.nvmlDeviceGetHandleByIndex(0);"
    "print(pynvml.nvmlDeviceGetName(h))"
)
KERNEL = "import torch; torch.ones(1, device='cuda')"
COMMANDS: dict[str, tuple[str, ...]] = {
    "python -c pass": (PYTHON, "-c", "pass"),
    "NVML init and one name": (PYTHON, "-c", NVML),
    "torch-doctor --static": (PYTHON, "-m", "torch_doctor", "--static"),
    "torch-doctor --proof driver --json": (
        *(PYTHON, "-m", "torch_doctor", "--proof", "driver", "--json"),
    ),
    "torch.ones on the GPU": (PYTHON, "-c", KERNEL),
    "torch-doctor": (PYTHON, "-m", "torch_doctor"),
    "torch-doctor --json": (PYTHON, "-m", "torch_doctor", "--json"),
    "collect_env": (PYTHON, "-m", "torch.utils.collect_env"),
    "env-doctor check --json": ("env-doctor", "check", "--json"),
    "cuda-doctor diagnose -f json": ("cuda-doctor", "diagnose", "-f", "json"),
}
RATIOS = (
    ("torch-doctor --proof driver --json", "torch.ones on the GPU"),  # 0.15 at most
    ("torch-doctor", "torch.ones on the GPU"),
    ("torch-doctor --json", "torch.ones on the GPU"),
    ("torch-doctor --static", "NVML init and one name"),
    ("torch-doctor --static", "python -c pass"),
    ("torch-doctor", "collect_env"),
)


def seconds(argv: tuple[str, ...]) -> float:
    """Run once and return the wall time."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    quiet = subprocess.DEVNULL
    subprocess.run(argv, stdin=quiet, stdout=quiet, stderr=quiet, check=False, env=env)
    return time.perf_counter() - started


def main() -> None:
    """Measure each command in turn, again and again; print medians and the ratios that are promised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="how often each is run (default: 7)")
    runs = parser.parse_args().runs
    commands = {name: argv for name, argv in COMMANDS.items() if shutil.which(argv[0])}
    for argv in commands.values():
        seconds(argv)  # the first run fills the caches
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, argv in commands.items():
            times[name].append(seconds(argv))
    for name, taken in times.items():
        print(f"{statistics.median(taken):8.3f} s  (least {min(taken):.3f})  {name}")
    for name, base in RATIOS:
        if name in times and base in times:
            pairs = [one / other for one, other in zip(times[name], times[base], strict=True)]
            print(f"{statistics.median(pairs):8.2f} x  {name} / {base}")


if __name__ == "__main__":
    main()
