"""The CDI specification is missing, or older than the driver.

What it checks
    "unresolvable CDI devices" and "failed to stat CDI host device" in an error text; an engine that looks for a file of
    the name nvidia.com/gpu=all, because it does not know CDI.
Why it matters
    Podman, and Docker in CDI mode, take the list of device files and libraries from that file; it must
    be made again after every change of the driver.
How to fix
    Generate it again on the host. Podman knows CDI from 4.1 on, Docker from 25 on where the feature is switched on.
References
    https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/cdi-support.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

# An engine that knows CDI says "unresolvable CDI devices" of a name that it does not find.
_TAKEN_FOR_A_PATH = (
    r"stat nvidia\.com/gpu=\S+: no such file"
    r"|gathering device information while adding custom device \S{0,2}nvidia\.com/gpu"
)


@rule(
    "TD608",
    severity="error",
    cause="container-without-gpu-runtime",
    breaks="start",
    explains=("TD110", "TD601"),
)
def check(errors: Errors, container: str | None = None) -> Iterator[Draft]:
    if errors.matching(_TAKEN_FOR_A_PATH):
        message = "the engine takes the CDI name nvidia.com/gpu for a path: it does not know CDI"
        yield finding("container", message, fixes=list(_newer_engine(container)))
        return
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


def _newer_engine(container: str | None) -> Iterator[Action]:
    """Yield what gives the container a GPU: an engine that knows CDI, or the way from before it."""
    if container == "podman":
        yield fixes.by_hand(
            "update podman to 4.1 or newer, which knows CDI", "podman --version", scope="host"
        )
        return
    yield fixes.with_gpus()
    switch_on = (
        'switch CDI on in /etc/docker/daemon.json (Docker 25 or newer): {"features": {"cdi": true}}'
    )
    yield fixes.by_hand(switch_on, "sudo systemctl restart docker", scope="host", root=True)
