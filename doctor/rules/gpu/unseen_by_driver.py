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

from doctor.core import fixes
from doctor.core.finding import Severity
from doctor.core.rule import Draft, finding, rule
from doctor.core.text import plural


@rule("TD204", severity="warning", cause="gpu-hardware")
def check(pci_gpus, gpus, nvml_status, container=None, nvidia_visible_devices=None) -> Iterator[Draft]:
    if container or nvml_status.code != 0:
        return
    bound = [gpu for gpu in pci_gpus if gpu.driver == "nvidia"]
    if len(bound) <= len(gpus):
        return
    missing = len(bound) - len(gpus)
    message = f"{plural(missing, 'GPU')} of {len(bound)} on the bus {'is' if missing == 1 else 'are'} not listed by the driver"
    severity = None if gpus else Severity.ERROR
    look = fixes.by_hand("read why the driver could not start it", "sudo dmesg | grep -i nvrm", scope="host", root=True)
    yield finding("gpu", message, severity=severity, fixes=[look])

