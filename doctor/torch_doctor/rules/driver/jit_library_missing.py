"""The driver's PTX compiler library is missing.

What it checks
    CUDA's answer 221: libnvidia-ptxjitcompiler.so.1 was not found.
Why it matters
    Kernels that come as PTX (triton, torch.compile, extensions) cannot be compiled.
How to fix
    In a container, ask for the compute capability; on a host, install the whole driver.
References
    https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

_FILE = "libnvidia-ptxjitcompiler.so.1"


@rule("TD137", severity="error", cause="cuda-libs-missing", breaks="cuda", explains=("TD977",))
def check(
    errors: Errors, container: str | None = None, container_image: str | None = None
) -> Iterator[Draft]:
    if not (
        errors.of("cuda_221_jit_missing")
        or errors.matching(r"libnvidia-ptxjitcompiler\S*: cannot open")
    ):
        return
    again = fixes.restart_container(
        "with the compute capability", variables={"NVIDIA_DRIVER_CAPABILITIES": "compute,utility"}
    )
    install = fixes.by_hand(
        f"install all user-mode libraries of the driver: {_FILE} is one of them",
        scope="host",
        root=True,
    )
    cures = [again, install] if container or container_image else [install, again]
    message = f"the driver's PTX compiler is missing ({_FILE}): error 221"
    yield finding("driver", message, because=errors.receipts("cuda_221_jit_missing"), fixes=cures)
