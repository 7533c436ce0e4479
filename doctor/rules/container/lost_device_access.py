"""The container lost its access to the GPUs while it ran.

What it checks
    Inside a container: NVML answers "unknown error" (999) while the device files are there.
Why it matters
    A reload of systemd on the host rewrites the container's device rules; from then on every NVML call fails.
How to fix
    Start the container again; for good, create the /dev/char links or use CDI.
References
    https://github.com/NVIDIA/nvidia-container-toolkit/issues/48
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core import fixes
from doctor.core.rule import Draft, finding, rule

NVML_UNKNOWN = 999


@rule("TD603", severity="error", cause="nvml-unknown-error-container", explains=("TD117", "TD409"))
def check(container, nvml_status, kernel_results=()) -> Iterator[Draft]:
    if nvml_status.code != NVML_UNKNOWN or any(result.ok for result in kernel_results):
        return
    again = fixes.by_hand("start the container again", scope="container")
    links = fixes.by_hand(
        "keep it from happening again, on the host",
        "sudo nvidia-ctk system create-dev-char-symlinks --create-all",
        scope="host",
        root=True,
    )
    message = "NVML answers 999 in this container: its access to the GPU device files was taken away"
    yield finding("container", message, fixes=[again, links])
