"""conda finds no NVIDIA driver where it solves, and so no build for CUDA.

What it checks
    A solver of conda, mamba or pixi that misses __cuda.
Why it matters
    __cuda is conda's name for the driver that it sees. On a login node, in a docker build or on a machine without a GPU
    there is none: builds for CUDA cannot be chosen, and where they are not demanded the CPU build is.
How to fix
    Say which CUDA the machine has that will run it (CONDA_OVERRIDE_CUDA; in pixi the system requirement cuda), or solve
    on a machine with the driver.
References
    https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-virtual.html
    https://pixi.sh/latest/workspace/system_requirements/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import KernelResult, UnresolvedRequirement
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes import actions as fixes

_CURRENT = "12.8"


@rule(
    "TD865",
    severity="error",
    cause="conda-cpu-build",
    explains=("TD401", "TD402", "TD410", "TD853", "TD904"),
)
def check(
    unresolved: tuple[UnresolvedRequirement, ...],
    driver_cuda: CudaVersion | None = None,
    project_manager: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    if not any(wish.requirement == "__cuda" for wish in unresolved):
        return
    if any(result.ok for result in kernel_results):
        return
    cuda = str(driver_cuda or _CURRENT)
    override = fixes.by_hand(
        "tell conda which CUDA the driver serves on the machine that will run it",
        f"CONDA_OVERRIDE_CUDA={cuda} conda install -c conda-forge pytorch-gpu",
    )
    declared = fixes.by_hand(
        f'declare it in pixi.toml: [system-requirements] cuda = "{cuda}", then lock again',
        f"CONDA_OVERRIDE_CUDA={cuda} pixi install",
    )
    cures = [override, declared]
    if project_manager == "pixi":
        # where the machine that installs has no GPU, an environment without CUDA must be the default
        apart = fixes.by_hand(
            "give CUDA a feature and an environment of its own in pixi.toml, so that the default installs without "
            "driver: [feature.gpu.system-requirements] cuda, [environments] gpu",
            "pixi install -e gpu",
        )
        cures = [declared, apart, override]
    message = (
        "conda sees no NVIDIA driver where it solves (__cuda is missing), so no build for CUDA fits"
    )
    yield finding("index", message, fixes=cures)
