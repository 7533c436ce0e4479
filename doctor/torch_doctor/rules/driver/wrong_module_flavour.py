"""The flavour of the kernel modules does not fit the GPU.

What it checks
    Open or proprietary modules against what the GPU needs, and what the kernel log says of it.
Why it matters
    The module does not take the GPU, and nvidia-smi says "No devices were found".
How to fix
    Install the other flavour of the same driver and reboot.
References
    https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/kernel-modules.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact
from torch_doctor.core.judgement import Judgement, Kind
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelEvent, KernelModule, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.law.machine import UNREAD
from torch_doctor.matrix.pattern import carries
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.driver._flavour import of_another_release
from torch_doctor.rules.driver._remedies import other_flavour

_DEMAND = "requires use of the nvidia open kernel modules"
_NO_GSP = r"not supported by open nvidia\.ko|not supported by the NVIDIA open kernel"


@rule(
    "TD114",
    severity="error",
    cause="no-driver-or-module",
    breaks=("start", "gpus"),
    explains=("TD123", "TD134", "TD204"),
    about=("judgement", "kernel_events", "errors"),
)
def check(
    judgement: Judgement,
    cures: Cures,
    kernel_module: Fact[KernelModule],
    os_id: str | None = None,
    driver_release: DriverRelease | None = None,
    kernel_events: tuple[KernelEvent, ...] = (),
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    objections = judgement.of(Kind.OPEN_MODULE_REQUIRED, Kind.OPEN_MODULE_IMPOSSIBLE)
    for objection in objections:
        yield finding(
            f"gpu:{objection.gpu}",
            objection.message,
            because=objection.because,
            fixes=[cures.driver(str(driver_release or cures.usual_release), exact_branch=True)],
        )
    started = cuda_started(kernel_results, cuda_available)
    if errors.of("open_modules_early") and not started:
        yield of_another_release(cures, driver_release, errors)
        return
    texts = [*(event.text for event in kernel_events), *(seen.text for seen in errors.all)]
    refused = any(carries(_NO_GSP, text) for text in texts)
    module = kernel_module.or_else(None)
    flavour = UNREAD if kernel_module.lost else module and module.flavour
    if refused and flavour not in (UNREAD, "proprietary") and not (objections or started):
        message = "the open kernel modules cannot drive this GPU (it has no GSP): it takes the proprietary ones"
        yield finding("driver", message, fixes=[other_flavour(False, driver_release, os_id)])
        return
    demanded = bool(errors.of("open_modules_required"))
    demanded = demanded or any(_DEMAND in event.text.lower() for event in kernel_events)
    # Lines from before a reinstallation stay in the log until the next boot.
    if objections or not demanded or flavour in (UNREAD, "open") or started:
        return
    message = "the kernel log says that this GPU needs the open kernel modules, not those it has"
    cure = other_flavour(True, driver_release, os_id)
    yield finding("driver", message, because=errors.receipts("open_modules_required"), fixes=[cure])
