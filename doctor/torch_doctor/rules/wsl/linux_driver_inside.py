"""A Linux driver is installed inside WSL.

What it checks
    Under WSL: driver libraries outside of /usr/lib/wsl on the loader's path, an nvidia-smi of another branch.
Why it matters
    WSL uses the driver of Windows through /usr/lib/wsl/lib. A Linux driver hides that link, and has no kernel module.
How to fix
    Remove the Linux driver; of CUDA install the wsl-ubuntu or toolkit packages only.
References
    https://docs.nvidia.com/cuda/wsl-user-guide/index.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, ErrorSeen, KernelResult, LibraryFile
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.query import driver_branch
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix

_IN_WORDS = regex(
    r"\bapt(?:-get)? install\b.{0,60}\b(?:nvidia-driver|cuda-drivers|nvidia-utils)"
    r"|\b(?:nvidia-driver-\d{3}|(?:nvidia|linux) driver)\b.{0,40}\b(?:in|inside|into|within)\b.{0,12}\bWSL",
    re.IGNORECASE,
)
_REMOVE = "sudo apt-get purge '^(lib)?nvidia-.*-[0-9]+(-.*)?$'"
_TEXT = "remove the Linux driver, then restart WSL from Windows"
_CODES = ("TD113", "TD120", "TD651", "TD657")


@rule("TD650", severity="error", cause="wsl", breaks="library", explains=_CODES)
def check(
    wsl: bool,
    matrix: Matrix,
    libcuda_copies: tuple[LibraryFile, ...] = (),
    nvidia_smi_release: DriverRelease | None = None,
    driver_release: DriverRelease | None = None,
    cuda_init: ApiStatus | None = None,
    nvml_status: ApiStatus | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    remarks: tuple[ErrorSeen, ...] = (),
    linux_driver_in_wsl: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if not wsl:
        return
    own = [copy for copy in libcuda_copies if copy.kind == "driver"]
    # WSL's link into Windows carries no release
    strangers = [copy for copy in own if "/wsl/" not in copy.path and copy.version]
    other_smi = False
    if nvidia_smi_release and driver_release:
        branches = [driver_branch(matrix, one) for one in (nvidia_smi_release, driver_release)]
        other_smi = None not in branches and branches[0] is not branches[1]
    failed = cuda_available is False or (nvml_status is not None and nvml_status.code != 0)
    spoken = linux_driver_in_wsl or any(_IN_WORDS.search(each.text) for each in remarks)
    in_words = bool((failed or errors.at("start")) and spoken)
    if not (strangers or other_smi or in_words):
        return
    works = cuda_started(kernel_results, cuda_available) or (cuda_init and cuda_init.code == 0)
    first = in_words or (bool(strangers) and own[0] is strangers[0])
    severity = Severity.ERROR if first and not works else Severity.WARNING
    what = f"nvidia-smi is of driver {nvidia_smi_release}" if other_smi else "so the report says"
    what = strangers[0].path if strangers else what
    # the release that words name beside an install inside WSL is that of the Linux driver
    known = driver_release and (strangers or other_smi)
    windows = f" (the driver of Windows is {driver_release})" if known else ""
    message = f"a Linux driver is installed inside WSL: {what}{windows}"
    purge = fixes.by_hand(_TEXT, _REMOVE, "wsl.exe --shutdown", scope="host", root=True)
    yield finding("driver", message, severity=severity, fixes=[purge])
