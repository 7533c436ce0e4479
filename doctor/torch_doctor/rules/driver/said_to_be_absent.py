"""A report says that nothing of the NVIDIA driver is there.

What it checks
    In a report: CUDA is not available, and nvidia-smi is no command or there is no device file; or libcuda or NVML
    cannot be opened. Outside of containers, WSL, Macs and Jetsons, and where no driver is named.
Why it matters
    nvidia-smi, libcuda and NVML come with the driver: without it torch.cuda.is_available() is False.
How to fix
    Install the driver.
References
    https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Reason, Unavailable
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, DeviceNode, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_LIBRARIES = ("libcuda_missing", "nvml_lib_not_found")
# A question, a quotation of what was, a driver that came after it, an nvidia-smi that works.
_NO_STATEMENT = (
    r"(?:install|driver|treiber|驱动|安装|ドライバ|드라이버)[^.;\n?]{0,24}[?？](?![?!])"
    r"|[\"“'`][^\"“”'`\n]{0,80}[\"”'`] was\b|\bold (?:message|error)\b|\bI (?:have )?installed \d"
    r"|\bnvidia-smi (?:still |also )?(?:works?|runs?|geht|läuft|funktioniert|is fine)\b"
)


@rule(
    "TD144",
    severity="error",
    cause="no-driver-or-module",
    breaks=("start", "gpus"),
    explains=("TD110",),
)
def check(
    libcuda: Fact[Any],
    cures: Cures,
    errors: Errors = NONE_SEEN,
    device_nodes: tuple[DeviceNode, ...] | None = None,
    container: str | None = None,
    container_image: str | None = None,
    wsl: bool | None = None,
    jetson: str | None = None,
    os_family: str | None = None,
    driver_release: DriverRelease | None = None,
    nvml_status: ApiStatus | None = None,
    torch_variant: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    pasted = isinstance(libcuda, Unavailable) and libcuda.reason is Reason.NOT_ASKED
    answers = nvml_status is not None and nvml_status.code == 0
    elsewhere = container or container_image or wsl or jetson or os_family == "darwin" or answers
    elsewhere = elsewhere or torch_variant in ("rocm", "xpu")
    if not pasted or elsewhere or driver_release or cuda_started(kernel_results, cuda_available):
        return
    absent, no_files = errors.of("smi_absent"), device_nodes == () and cuda_available is False
    no_command, refused = cuda_available is False and absent, cuda_available is False or absent
    seen = errors.of("driver_said_absent") if refused else ()
    plain = tuple(
        error for error in seen if not re.search(_NO_STATEMENT, error.text, re.IGNORECASE)
    )
    if not (no_command or no_files or plain or errors.of(*_LIBRARIES)):
        return
    what = "nvidia-smi is not there" if no_command else "its libraries are not there"
    what = "the report says so" if plain else what
    what = "there is no /dev/nvidia* file" if no_files else what
    message = f"no NVIDIA driver is installed where this ran: {what}"
    rows = ("smi_absent",) if no_command else ("driver_said_absent",) if plain else _LIBRARIES
    because, fix = errors.receipts(*rows), cures.first_driver()
    yield finding("driver", message, because=because, fixes=[fix], confidence="medium")
