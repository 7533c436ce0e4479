"""Packages that only watch GPUs: whichever version a program takes, torch asks NVML by itself."""

from __future__ import annotations

from collections.abc import Iterable

from torch_doctor.core.finding import Severity

WATCHERS = frozenset({"nvidia-ml-py", "nvidia-ml-py3", "pynvml"})
INSTALL = "torch-install-broken"


def weight(names: Iterable[str]) -> tuple[str | None, Severity]:
    """Return cause and severity of other versions of *names* in front: what torch does not load is a note."""
    if WATCHERS.issuperset(names):
        return None, Severity.NOTE
    return INSTALL, Severity.WARNING
