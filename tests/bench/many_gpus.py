"""How the time of one judgement grows with the number of GPUs that have faults of their own.

``python -m tests.bench.many_gpus [--gpus 500 1000 2000]``. Times are of the processor; beside each is what it is as a
multiple of the one before. Every GPU has uncorrected memory errors, a row to remap, and one that could not be.
"""

from __future__ import annotations

import argparse
import time

from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.records import Gpu
from torch_doctor.core.report import Report
from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease, TorchVersion
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix

NVML = Source("nvml", "libnvidia-ml.so.1")


def host(count: int) -> Facts:
    """Return a machine with as many H100, each with faults."""
    facts = {
        "os_family": "linux",
        "host_arch": "x86_64",
        "driver_release": DriverRelease.parse("580.65.06"),
        "driver_cuda": CudaVersion(13, 0),
        "torch_version": TorchVersion.parse("2.8.0+cu128"),
        "gpus": tuple(map(_faulty, range(count))),
    }
    return Facts({name: Known(value, NVML) for name, value in facts.items()})


def _faulty(index: int) -> Gpu:
    return Gpu(
        index,
        "NVIDIA H100 80GB HBM3",
        ComputeCapability(9, 0),
        bus_id=f"0000:{index:04x}:00.0",
        uuid=f"GPU-{index:032x}",
        ecc_mode=True,
        ecc_uncorrected=3,
        row_remap_pending=True,
        row_remap_failed=True,
    )


def judged(count: int) -> Report:
    """Judge such a machine by all rules, cures and all."""
    return diagnose(host(count), load_matrix())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gpus", type=int, nargs="+", default=[500, 1000, 2000])
    judged(1)
    before = 0.0
    for count in parser.parse_args().gpus:
        started = time.process_time()
        findings = len(judged(count).findings)
        taken = time.process_time() - started
        ratio = f"  x {taken / before:.2f}" if before else ""
        print(f"{count:6} GPUs  {findings:6} findings  {taken:6.2f} s{ratio}", flush=True)
        before = taken


if __name__ == "__main__":
    main()
