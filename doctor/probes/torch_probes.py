"""The probes that read the target environment, by name, and the live check where there is one."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable
from typing import Any

from doctor.core.fact import Fact
from doctor.probes.host import Host
from doctor.probes.target import Target

_NAMES = ("torch_static", "packages", "toolkit", "libraries", "pip_config")


def _load(name: str) -> Any:
    spec = importlib.util.find_spec(f"doctor.probes.{name}")
    return importlib.import_module(f"doctor.probes.{name}") if spec else None


MODULES: tuple[Any, ...] = tuple(module for module in map(_load, _NAMES) if module)
_child: Any = _load("torch_child")
LIVE_OWNS: tuple[str, ...] = _child.OWNS if _child else ()


def live(host: Host, target: Target, timeout_s: float) -> Iterable[tuple[str, Fact[Any]]]:
    """Run the live check."""
    found: Iterable[tuple[str, Fact[Any]]] = _child.live(host, target, timeout_s)
    return found
