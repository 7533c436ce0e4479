"""The container toolkit finds no driver on the host.

What it checks
    nvidia-container-cli's words that it could not load libnvidia-ml, or that the driver is not loaded.
Why it matters
    The toolkit mounts the host's driver into the container; there is none that it can see.
How to fix
    Make nvidia-smi work on the host. Where it works already, Docker runs in another root: rootless,
    from snap, or Docker Desktop.
References
    https://github.com/NVIDIA/libnvidia-container/issues/231
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

_WORDS = (
    r"nvidia-container-cli: (initialization|detection|ldcache) error: "
    r"(load library failed|nvml error|driver rpc|process)"
)


@rule(
    "TD607",
    severity="error",
    cause="no-driver-or-module",
    breaks="start",
    explains=("TD110", "TD601"),
)
def check(errors: Errors, driver_release: DriverRelease | None = None) -> Iterator[Draft]:
    seen = errors.of("ctk_load_library") or errors.matching(_WORDS)
    if not seen:
        return
    look = fixes.by_hand("make nvidia-smi work on the host first", "nvidia-smi", scope="host")
    engine = fixes.by_hand(
        "use Docker's own engine: a rootless, snap or Desktop engine does not see the host's driver",
        "docker info | grep -iE 'rootless|context|Docker Root'",
        scope="host",
    )
    message = f"the container toolkit finds no driver: {one_line(seen[0].text, 160)}"
    # With a driver at work on the host, it is the engine that cannot see it.
    cause = "container-without-gpu-runtime" if driver_release else None
    cures = [engine, look] if driver_release else [look, engine]
    because = errors.receipts("ctk_load_library")
    yield finding("container", message, because=because, cause=cause, fixes=cures)
