"""The NVIDIA Container Toolkit cannot prepare the container.

What it checks
    Errors of nvidia-container-cli about devices, mounts, cgroups and ldconfig, and a runtime or hook that the
    engine does not find.
Why it matters
    The container does not start, or it starts without GPUs.
How to fix
    Depends on the text behind the colon; an update of the toolkit mends most of them.
References
    https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/troubleshooting.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors
from torch_doctor.rules.container._engine import REGISTER


@rule(
    "TD619",
    severity="error",
    cause="container-without-gpu-runtime",
    breaks="start",
    explains=("TD601", "TD606", "TD616"),
)
def check(errors: Errors) -> Iterator[Draft]:
    failures = errors.of("ctk_fails")
    if not failures:
        return
    cures = [
        fixes.by_hand(
            "update the NVIDIA Container Toolkit on the host and register it again",
            *REGISTER,
            scope="host",
            root=True,
        )
    ]
    if errors.of("ctk_cgroups"):
        text = (
            "a rootless engine needs no-cgroups = true in /etc/nvidia-container-runtime/config.toml"
        )
        set_it = "sudo nvidia-ctk config --set nvidia-container-cli.no-cgroups --in-place"
        cures.append(fixes.by_hand(text, set_it, scope="host", root=True))
    message = f"the NVIDIA Container Toolkit fails: {one_line(failures[0].text[-200:], 200)}"
    yield finding("container", message, because=errors.receipts("ctk_fails"), fixes=cures)
