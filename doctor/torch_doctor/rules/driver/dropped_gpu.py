"""The driver has dropped this GPU: an older branch is needed.

What it checks
    The driver's branch against the last branch that drives the GPU's architecture, and the line of
    the kernel log that names the legacy branch.
Why it matters
    The kernel log says that the GPU is supported through a legacy driver, and nvidia-smi does not
    list it.
How to fix
    Install the last branch that drives the GPU, and keep the package from being upgraded.
References
    https://docs.nvidia.com/datacenter/tesla/drivers/cuda-toolkit-driver-and-architecture-matrix.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.judgement import Judgement, Kind
from torch_doctor.core.records import Gpu, KernelEvent, PciGpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_LEGACY = regex(r"supported through the NVIDIA (\d{3})\.xx Legacy driver", re.IGNORECASE)


@rule(
    "TD122",
    severity="error",
    cause="no-driver-or-module",
    breaks="library",
    explains=("TD123", "TD204"),
    about=("judgement", "kernel_events", "errors"),
)
def check(
    judgement: Judgement,
    cures: Cures,
    driver_release: DriverRelease | None = None,
    gpus: tuple[Gpu, ...] = (),
    pci_gpus: tuple[PciGpu, ...] = (),
    kernel_events: tuple[KernelEvent, ...] = (),
    nvidia_smi_lists_none: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    objections = judgement.of(Kind.DRIVER_DROPPED_GPU)
    for objection in objections:
        yield finding(
            f"gpu:{objection.gpu}",
            objection.message,
            because=objection.because,
            fixes=[cures.driver_for_gpu(objection.gpu)],
            confidence=objection.confidence,
        )
    texts = [event.text for event in kernel_events] + [seen.text for seen in errors.all]
    branches = sorted({match[1] for text in texts if (match := _LEGACY.search(text))})
    # A GPU that the driver lists is another one; one that only these lines name is the one they speak of.
    ignored = " ".join(text for text in texts if "NVRM" in text)
    listed = () if nvidia_smi_lists_none else gpus
    others = [gpu for gpu in listed if not gpu.name or gpu.name not in ignored]
    if objections or others or not branches:
        return
    message = (
        f"the loaded driver ignores this GPU: R{branches[0]} is the last branch that drives it"
    )
    cure = cures.driver(branches[0], exact_branch=True)
    yield finding("driver", message, because=errors.receipts("legacy_branch_gpu"), fixes=[cure])
