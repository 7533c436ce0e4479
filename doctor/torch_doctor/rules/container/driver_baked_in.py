"""The image carries NVIDIA driver libraries of its own.

What it checks
    Inside a container: driver libraries of another release than the host's kernel module on the
    loader's path, beside the ones that the runtime mounted or instead of them.
Why it matters
    Driver libraries work with the module of their own release only. An image that installed them works
    on the host it was built on, and breaks on every other.
How to fix
    Take the driver packages out of the image: of CUDA, install the toolkit packages only.
References
    https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, KernelModule, KernelResult, LibraryFile
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes


@rule(
    "TD604",
    severity="error",
    cause="driver-library-version-mismatch",
    breaks="library",
    explains=("TD113",),
)
def check(
    container: str,
    kernel_module: KernelModule,
    libcuda_copies: tuple[LibraryFile, ...],
    cuda_init: ApiStatus | None = None,
    nvml_status: ApiStatus | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    loaded = str(kernel_module.release)
    own = [copy for copy in libcuda_copies if copy.kind == "driver" and copy.version]
    strangers = [copy for copy in own if copy.version != loaded]
    if not strangers:
        return
    works = cuda_started(kernel_results, cuda_available) or (cuda_init and cuda_init.code == 0)
    refused = nvml_status is not None and nvml_status.code != 0
    runs = works or (own[0].version == loaded and not refused)
    severity = Severity.WARNING if runs else Severity.ERROR
    one = strangers[0]
    remove = fixes.by_hand(
        "take the driver packages out of the image; where an apt line installs cuda, "
        "let it install cuda-toolkit",
        "apt-get purge 'libnvidia-*' 'nvidia-driver-*' 'libcuda1'",
        scope="container",
        root=True,
    )
    which = f"{one.path} is of {one.version}, the host's module is {loaded}"
    yield finding(
        "container",
        f"the image carries a driver of its own: {which}",
        severity=severity,
        fixes=[remove],
    )
