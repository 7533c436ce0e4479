"""The driver is installed but does not start: NVML or cuInit answers with an error.

What it checks
    What nvmlInit and cuInit answered, here or in a report: this rule stands for numbers that others leave.
Why it matters
    Every CUDA program fails the same way until the driver's state is mended.
How to fix
    Depends on the number; the message names it.
References
    https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__TYPES.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import ApiStatus, Gpu, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.rules.driver._fabric import SERVICE_IS_DOWN, by_its_owner

# cuInit answers that other rules word in full: success, stub, too old, no device, compat refused.
_ELSEWHERE = frozenset({0, 34, 35, 100, 804})
_NVML_ELSEWHERE, _NVML_NO_DRIVER = frozenset({0, 4, 18}), frozenset({9, 12})
_CAUSES = {802: "fabric-manager", 803: "driver-library-version-mismatch"}
NVML_UNKNOWN, _PASTED = 999, (802, 803, 999, 3, 304)
# NVML, the container tools and forked processes word errors of their own with the same phrases.
_OF_OTHERS = regex(r"(?i:nvml)|nvidia-container|fork")
_ABOUT = ("cuda_init", "nvml_status", "errors")


@rule("TD117", severity="error", cause="driver-state-needs-reboot", shows="start", about=_ABOUT)
def check(
    nvml_status: ApiStatus | None = None,
    cuda_init: ApiStatus | None = None,
    container: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    driver_kernels: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    gpus: tuple[Gpu, ...] = (),
    notebook_service: str | None = None,
    driver_release: DriverRelease | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if cuda_started((*kernel_results, *driver_kernels), cuda_available):
        return
    own = True if len(gpus) != 1 or errors.matching(SERVICE_IS_DOWN) else None
    fabric = by_its_owner(False if container or notebook_service else own, driver_release)
    if cuda_init is not None and cuda_init.code not in _ELSEWHERE:
        message = f"cuInit answers {cuda_init.code} ({cuda_init.name})"
        yield _worded(message, cuda_init.code, errors, fabric)
    elif nvml_status is not None and nvml_status.code not in _NVML_ELSEWHERE:
        if nvml_status.code == NVML_UNKNOWN and container:
            return
        no_driver = nvml_status.code in _NVML_NO_DRIVER
        cures = [fixes.load_module("nvidia")] if no_driver else _cures(nvml_status.code, fabric)
        message = f"nvmlInit answers {nvml_status.code} ({nvml_status.name})"
        cause = "no-driver-or-module" if no_driver else None
        yield finding("driver", message, cause=cause, fixes=cures)
    elif cuda_init is None:
        quoted = [e for e in errors.numbered(*_PASTED) if not _OF_OTHERS.search(e.text)]
        for code in [seen.code or 0 for seen in quoted[:1]]:
            message = f"CUDA does not start (error {code}): {one_line(quoted[0].text, 200)}"
            yield _worded(message, code, errors, fabric)


def _worded(message: str, code: int, errors: Errors, fabric: list[Action]) -> Draft:
    receipts, cures = errors.receipts_for(code), _cures(code, fabric)
    return finding("driver", message, because=receipts, cause=_CAUSES.get(code), fixes=cures)


def _cures(code: int, fabric: list[Action]) -> list[Action]:
    known = {802: fabric, 803: [fixes.reboot("so that module and libraries are of one release")]}
    return known.get(code, [fixes.reload_uvm(), fixes.reboot("if that does not help")])
