"""The PCI bus has more NVIDIA GPUs than the driver lists.

What it checks
    GPUs on the PCI bus that are bound to NVIDIA's driver against those that NVML lists. In a job of a scheduler, that
    it was given any.
Why it matters
    A GPU that the driver could not start, or that the scheduler hides, is missing from torch too.
How to fix
    The kernel log says why the driver could not start it; a scheduler gives what a job asks for.
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
from torch_doctor.rules.gpu._asking import ask_for


@rule("TD204", severity="warning", cause="gpu-hardware", breaks="gpus")
def check(
    pci_gpus: tuple[PciGpu, ...],
    gpus: tuple[Gpu, ...],
    nvml_status: ApiStatus,
    container: str | None = None,
    scheduler: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    required_gpus: int = 1,
) -> Iterator[Draft]:
    # A container or a job sees the whole bus and is given a part of the GPUs.
    if container or (scheduler and gpus) or nvml_status.code != 0:
        return
    bound = [gpu for gpu in pci_gpus if gpu.driver == "nvidia"]
    if len(bound) <= len(gpus):
        return
    if scheduler:
        job = "Slurm job" if scheduler == "slurm" else f"{scheduler} job"
        message = f"this {job} was given none of the {plural(len(bound), 'GPU')} on the bus"
        cause = "container-without-gpu-runtime"
        ask = ask_for(max(1, required_gpus), scheduler, container)
        yield finding("gpu", message, cause=cause, severity=Severity.ERROR, fixes=[ask])
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
