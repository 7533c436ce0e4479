"""The driver's branch has reached its end of life, or serves no newer CUDA major.

What it checks
    The branch against the matrix: end of life, the newest CUDA major that it serves, and the last builds for it.
Why it matters
    It gets no more security fixes, and the newest torch builds do not run on it.
How to fix
    Nothing is broken: plan an update of the driver.
References
    https://docs.nvidia.com/datacenter/tesla/drivers/supported-drivers-and-cuda-toolkit-versions.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.builds.notices import cuda_end
from torch_doctor.matrix.law.support_end import newest_cuda_major_for
from torch_doctor.matrix.query import driver_branch
from torch_doctor.matrix.store import Matrix, receipt


@rule("TD130", severity="note")
def check(
    driver_release: DriverRelease,
    matrix: Matrix,
    cures: Cures,
    wsl: bool | None = None,
    jetson: str | None = None,
    os_family: str | None = None,
) -> Iterator[Draft]:
    branch = driver_branch(matrix, driver_release)
    if branch is None or jetson:
        return
    parts = []
    if branch.end_of_life and branch.end_of_life <= matrix.version[: len(branch.end_of_life)]:
        parts.append(f"reached its end of life in {branch.end_of_life}")
    platform = "windows" if os_family == "windows" else "wsl" if wsl else "linux"
    major = newest_cuda_major_for(driver_release, matrix, platform)
    newest = max(row.major for row in matrix.cuda_majors)
    if major is not None and major < newest:
        parts.append(f"serves builds up to CUDA {major}, not CUDA {newest}")
    if parts:
        message = f"driver branch R{branch.branch} {' and '.join(parts)}"
        because = [receipt("drivers", branch)]
        ends = cuda_end(cures.machine, matrix)
        if ends is not None:
            message, because = f"{message}: {ends.text}", [*because, *ends.because]
        yield finding("driver", message, because=because)
