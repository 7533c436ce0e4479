"""An NVSwitch machine whose Fabric Manager does not run.

What it checks
    NVSwitches on the bus, the state of nvidia-fabricmanager and what cuInit answered (802: system not
    yet initialized).
Why it matters
    On these machines every CUDA program fails, on one GPU too, until Fabric Manager has set up the fabric.
How to fix
    Install and start nvidia-fabricmanager of exactly the driver's release.
References
    https://docs.nvidia.com/datacenter/tesla/fabric-manager-user-guide/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.driver._fabric import started

SYSTEM_NOT_READY = 802


@rule(
    "TD140",
    severity="error",
    cause="fabric-manager",
    breaks="start",
    explains=("TD142",),
    about=("nvswitches", "cuda_init", "errors"),
)
def check(
    fabric_manager: str | None = None,
    nvswitches: int | None = None,
    cuda_init: ApiStatus | None = None,
    gpus: tuple[Gpu, ...] = (),
    driver_release: DriverRelease | None = None,
    container: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if cuda_started(kernel_results, cuda_available) or (cuda_init and cuda_init.code == 0):
        return
    not_ready = cuda_init is not None and cuda_init.code == SYSTEM_NOT_READY
    not_ready = not_ready or (cuda_init is None and bool(errors.numbered(SYSTEM_NOT_READY)))
    down = fabric_manager in ("stopped", "not installed")
    ready = bool(gpus) and all(gpu.fabric_state == "completed" for gpu in gpus)
    if not down or ready or not (not_ready or nvswitches):
        return
    message = f"nvidia-fabricmanager is {fabric_manager}"
    message += f" on a machine with {nvswitches} NVSwitches" if nvswitches else ""
    message += (
        ": CUDA answers 802 until it runs" if not_ready else ": CUDA does not start without it"
    )
    cures = _cures(fabric_manager == "not installed", driver_release, bool(container))
    because = errors.receipts("cuda_802_fabric")
    yield finding("driver", message, because=because, fixes=cures)


def _cures(install: bool, driver: DriverRelease | None, operated: bool) -> list[Action]:
    if operated:
        text = (
            "ask the operator or provider of the machine: Fabric Manager runs on the host that owns "
            "the NVSwitches, never in a container; or take another node"
        )
        return [fixes.by_hand(text, scope="host", root=True)]
    return [started("start nvidia-fabricmanager, and at every boot", driver, install=install)]
