"""The flavour of the kernel modules does not fit the GPU.

What it checks
    Open or proprietary modules against what the GPU needs: Grace Hopper and Blackwell need the open ones, Maxwell to
    Volta cannot use them.
Why it matters
    The module does not take the GPU, and nvidia-smi says "No devices were found".
How to fix
    Install the other flavour of the same driver and reboot.
References
    https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/kernel-modules.html
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core.judgement import Judgement, Kind
from doctor.core.rule import Draft, finding, rule


@rule(
    "TD114",
    severity="error",
    cause="no-driver-or-module",
    explains=("TD117", "TD409"),
)
def check(kernel_module, driver_release, judgement: Judgement, cures: object) -> Iterator[Draft]:
    for objection in judgement.of(Kind.OPEN_MODULE_REQUIRED, Kind.OPEN_MODULE_IMPOSSIBLE):
        yield finding(
            f"gpu:{objection.gpu}",
            objection.message,
            because=objection.because,
            fixes=[cures.driver(str(driver_release), exact_branch=True)],
        )
