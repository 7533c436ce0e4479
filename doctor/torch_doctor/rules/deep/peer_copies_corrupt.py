"""What one GPU sends to another arrives changed.

What it checks
    A copy from each GPU to every other, compared byte by byte.
Why it matters
    Everything over several GPUs computes with garbage, without any error. An IOMMU that translates, or PCIe
    access control, is the usual reason.
How to fix
    Boot with the IOMMU in passthrough, switch ACS off in the firmware; until then keep NCCL off this way.
References
    https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import DeepResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.rules.deep._reading import quoted


@rule("TD958", severity="error", cause="nccl-p2p-iommu-acs", explains=("TD957",))
def check(
    deep_results: tuple[DeepResult, ...], iommu_translates: bool | None = None
) -> Iterator[Draft]:
    wrong = [r for r in deep_results if r.stage == "p2p" and r.status == "wrong"]
    if not wrong:
        return
    pt = fixes.by_hand(
        "boot with the IOMMU in passthrough (iommu=pt) and ACS off in the firmware",
        "sudo lspci -vvv | grep -i acsctl",
        scope="host",
        root=True,
        reboot_needed=True,
    )
    off = fixes.set_variable("NCCL_P2P_DISABLE", "1", "NCCL then goes through host memory")
    known = " (the IOMMU translates)" if iommu_translates else ""
    message = f"copies between GPUs arrive changed{known}: {quoted(wrong[0])}"
    yield finding("gpu", message, fixes=[off, pt])
