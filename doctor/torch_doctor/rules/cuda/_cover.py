"""Does a list of compiled targets have code for a GPU? Shared by the rules of this folder."""

from __future__ import annotations

from collections.abc import Iterable

from torch_doctor.core.version import ComputeCapability, SmTarget


def covers(targets: Iterable[SmTarget], own: ComputeCapability, *, jit: bool = True) -> bool:
    """Whether machine code (same major, no higher minor) or, with *jit*, PTX that is no newer is among them."""
    for target in targets:
        have = target.capability
        if target.ptx:
            if jit and have <= own:
                return True
        elif have.major == own.major and have.minor <= own.minor:
            return True
    return False
