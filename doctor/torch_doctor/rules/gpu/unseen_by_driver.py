"""The PCI bus has more NVIDIA GPUs than the driver lists.

What it checks
    GPUs on the PCI bus that are bound to NVIDIA's driver against those that NVML lists.
Why it matters
    A GPU that the driver could not start is missing from torch too.
How to fix
    The kernel log says why the driver could not start it.
References
    https://docs.nvidia.com/deploy/xid-errors/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ApiStatus, Gpu, KernelResult, PciGpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import plural
from torch_doctor.fixes import actions as fixes


@rule("TD204", severity="warning", cause="gpu-hardware")
def check(
    pci_gpus: tuple[PciGpu, ...],
    gpus: tuple[Gpu, ...],
    nvml_status: ApiStatus,
    container: str | None = None,
    scheduler: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
) -> Iterator[Draft]:
    # A container or a job sees the whole bus and is given a part of the GPUs.
    if container or (scheduler and gpus) or nvml_status.code != 0:
        return
    bound = [gpu for gpu in pci_gpus if gpu.driver == "nvidia"]
    if len(bound) <= len(gpus):
        return
    missing = len(bound) - len(gpus)
    are = "is" if missing == 1 else "are"
    known = {gpu.bus_id for gpu in gpus if gpu.bus_id}
    unseen = [gpu.address for gpu in bound if known and gpu.address not in known]
    where = f" ({', '.join(unseen)})" if unseen else ""
    message = (
        f"{plural(missing, 'GPU')} of {len(bound)} on the bus{where} {are} not listed by the driver"
    )
    works = bool(gpus) or any(result.ok for result in kernel_results)
    look = fixes.by_hand(
        "read why the driver could not start it",
        "sudo dmesg | grep -i nvrm",
        scope="host",
        root=True,
    )
    yield finding("gpu", message, severity=None if works else Severity.ERROR, fixes=[look])
