"""Secure Boot refuses the NVIDIA module, because its signature is not trusted.

What it checks
    "Key was rejected by service" in the kernel log or a pasted text, words that say so, or Secure Boot beside a module
    that is on disk and not loaded.
Why it matters
    A module that the kernel refuses leaves the machine without any NVIDIA driver.
How to fix
    Enrol the key that signed the module, or use modules that the distribution signs.
References
    https://github.com/canonical/nvidia-graphics-drivers/issues/61
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known, Unavailable
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelEvent, KernelResult, PciGpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any, regex
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.driver._remedies import signed_modules

_REFUSED = regex(r"key was rejected by service|module with unavailable key", re.IGNORECASE)
_UNSIGNED = "Secure Boot is on and the NVIDIA module on disk is not loaded: it may be unsigned"
_NO_DRIVER = ("smi_no_comm", "smi_absent", "smi_said_to_fail", "torch_no_driver")


@rule(
    "TD125",
    severity="error",
    cause="no-driver-or-module",
    breaks="driver",
    explains=("TD115", "TD123"),
    about=("pci_gpus", "kernel_events", "errors", "module_obstacle"),
)
def check(
    kernel_module: Fact[Any],
    secure_boot: bool | None = None,
    kernel_module_file: str | None = None,
    pci_gpus: tuple[PciGpu, ...] = (),
    kernel_events: tuple[KernelEvent, ...] = (),
    container: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    module_obstacle: str | None = None,
    os_id: str | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    is_up = isinstance(kernel_module, Known) or cuda_started(kernel_results, cuda_available)
    if is_up or container:
        return
    failed = cuda_available is False or bool(errors.of(*_NO_DRIVER))
    refused = bool(errors.of("secure_boot_key")) or bool(errors.matching(_REFUSED.pattern))
    refused = refused or (module_obstacle == "unsigned" and failed)
    refused = refused or any(_REFUSED.search(event.text) for event in kernel_events)
    unbound = any(gpu.driver is None for gpu in pci_gpus)
    mute = bool(errors.of("smi_no_comm", "smi_said_to_fail"))
    on_disk = bool(kernel_module_file) and unbound and _is_answer(kernel_module)
    likely = bool(secure_boot) and (on_disk or mute)
    if not refused and not likely:
        return
    message = "Secure Boot refuses the NVIDIA kernel module: its signing key is not enrolled"
    if not refused:
        message = _UNSIGNED
    because = errors.receipts("secure_boot_key")
    sure = "high" if refused else "medium"
    yield finding("driver", message, because=because, fixes=signed_modules(os_id), confidence=sure)


def _is_answer(fact: Fact[Any]) -> bool:
    return isinstance(fact, Unavailable) and fact.reason.is_answer
