"""What starting a container again does to the facts that are seen from inside."""

from __future__ import annotations

import re

from torch_doctor.core.catalog import FACTS
from torch_doctor.core.fact import Fact, Facts, Known, Unavailable
from torch_doctor.core.startup import Any
from torch_doctor.fixes.effects.observed import OF_THE_DRIVER, PLANNED, unobserved
from torch_doctor.fixes.kinds import RestartContainer
from torch_doctor.matrix.store import Matrix

_MIB = {"m": 1, "g": 1024}


def restart_container(action: RestartContainer, facts: Facts, matrix: Matrix) -> Facts | None:
    """The container gets what it is started with; what it could not see before is not known yet."""
    there = facts.value("gpus", ())
    if action.gpus and there and facts.value("required_gpus", 0) > len(there):
        return None  # it gets more GPUs than it has now: how many, nobody knows
    done = unobserved(facts).without(*OF_THE_DRIVER)
    changes: dict[str, Fact[Any]] = {
        name.lower(): Known(value, PLANNED)
        for name, value in action.variables
        if name.lower() in FACTS
    }
    if action.gpus or action.runtime:
        changes["container_gpus_requested"] = Known(True, PLANNED)
        if facts.value("container") == "kubernetes":
            done = done.without("nvidia_visible_devices")  # the device plugin sets it
        absent = (
            n for n in ("gpus", "libcuda", "driver_release", "driver_cuda") if _absent(facts, n)
        )
        gone = ("libraries_unusable", "gpu_hidden_in_container")
        done = done.without(*absent, *gone)  # its runtime mounts the driver's files
    if action.shared_memory:
        size = re.fullmatch(r"(\d+)([mg])", action.shared_memory)
        if size:
            mib = int(size[1]) * _MIB[size[2]]
            changes |= {"shm_mib": Known(mib, PLANNED), "shm_free_mib": Known(mib, PLANNED)}
    if action.memory_lock:
        done = done.without("memlock_kib")
    return done.with_(**changes)


def _absent(facts: Facts, name: str) -> bool:
    return isinstance(facts[name], Unavailable) or facts.value(name) == ()
