"""A package carries no code for a GPU that is there, although torch may.

What it checks
    The targets that the wheels of vLLM, xFormers, bitsandbytes and others were compiled for, as read from them, against
    the GPUs.
Why it matters
    torch runs; the first kernel of the package fails with error 209, no kernel image.
How to fix
    Install a release that has code for the GPU, with the torch that it goes with, or build the package for it.
References
    https://docs.vllm.ai/en/latest/getting_started/installation/gpu.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.builds.installed import installed_clashes
from torch_doctor.matrix.store import Matrix


@rule("TD530", severity="warning", cause="extension-arch-missing", about=("gpus",))
def check(
    packages: tuple[Package, ...],
    gpus: tuple[Gpu, ...],
    torch_version: TorchVersion,
    torch_cuda: CudaVersion,
    matrix: Matrix,
    cures: Cures,
    torch_origin: str = "pytorch",
) -> Iterator[Draft]:
    if not gpus or torch_origin not in ("pytorch", "unknown"):
        return
    lacking = set()
    found = installed_clashes(packages, torch_version, torch_cuda, cures.machine, matrix)
    for build, clash in found:
        if clash.kind != "companion-gpu" or build.package in lacking:
            continue
        lacking.add(build.package)
        text = f"choose torch and {build.package} together for this GPU"
        command = f"torch-doctor recommend --with {build.package}"
        yield finding(
            build.package,
            clash.message,
            because=clash.because,
            fixes=[fixes.by_hand(text, command)],
        )
