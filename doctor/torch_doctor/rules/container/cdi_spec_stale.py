"""The CDI specification is missing, or older than the driver.

What it checks
    "unresolvable CDI devices" and "failed to stat CDI host device" in an error text.
Why it matters
    Podman, and Docker in CDI mode, take the list of device files and libraries from that file; it must
    be made again after every change of the driver.
How to fix
    Generate it again on the host.
References
    https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/cdi-support.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors


@rule(
    "TD608",
    severity="error",
    cause="container-without-gpu-runtime",
    explains=("TD110", "TD117", "TD409", "TD601"),
)
def check(errors: Errors) -> Iterator[Draft]:
    missing = errors.of("cdi_unresolvable") or errors.matching(
        r"unresolvable CDI devices? \S*nvidia"
    )
    stale = errors.of("cdi_missing_host_device")
    if not (missing or stale):
        return
    generate = fixes.by_hand(
        "make the CDI specification again, on the host",
        "sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml",
        "nvidia-ctk cdi list",
        scope="host",
        root=True,
    )
    what = "names devices that are gone" if stale else "does not list the device that was asked for"
    message = f"the CDI specification of the host {what}"
    because = errors.receipts("cdi_missing_host_device" if stale else "cdi_unresolvable")
    yield finding("container", message, because=because, fixes=[generate])
