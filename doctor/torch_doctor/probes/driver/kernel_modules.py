"""NVIDIA kernel modules on disk: whether the running kernel has one, and which other kernels do."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.text import one_line
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.machine.container import find_container
from torch_doctor.probes.machine.system import is_wsl, kernel_release

MODULES = "/lib/modules"
_DEP_LIMIT = 8 << 20
_KERNEL_LIMIT = 8
_NVIDIA = regex(r"^(\S*/nvidia\.ko(?:\.(?:gz|xz|zst))?):", re.MULTILINE)


def facts(host: Host) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield the module of the running kernel and the other kernels that have one, by their modules.dep."""
    source = Source("file", MODULES)
    if is_wsl(host):
        gap = Unavailable(Reason.NOT_APPLICABLE, "WSL has no NVIDIA kernel module")
    elif isinstance(find_container(host), Known):
        gap = Unavailable(Reason.DENIED, "a container does not see the modules of its host", source)
    else:
        yield from _tell(host, source)
        return
    yield "kernel_module_file", gap
    yield "kernels_with_module", gap


def parse_dep(text: str) -> str | None:
    """Return the path of the nvidia module that a modules.dep lists, or None."""
    match = _NVIDIA.search(text)
    return one_line(match[1]) if match else None


def _tell(host: Host, source: Source) -> Iterator[tuple[str, Fact[Any]]]:
    running = kernel_release(host) or ""
    found = host.call("nvidia_modules", lambda: _modules(host, running)) or {}
    own = found.get(running)
    if own:
        path = own if own.startswith("/") else f"{MODULES}/{running}/{own}"
        yield "kernel_module_file", Known(one_line(path), source)
    else:
        detail = f"no NVIDIA module was built for kernel {one_line(running)}"
        yield "kernel_module_file", Unavailable(Reason.NOT_PRESENT, detail, source)
    others = tuple(one_line(kernel) for kernel in sorted(found) if kernel != running)
    yield "kernels_with_module", Known(others, source)


def _modules(host: Host, running: str) -> dict[str, str]:
    """Return the module's path by kernel; the newest few kernels are looked at, and the running one."""
    try:
        kernels = host.listdir(MODULES)
    except OSError:
        return {}
    found = {}
    for kernel in {running, *kernels[-_KERNEL_LIMIT:]}:
        try:
            path = parse_dep(host.read_text(f"{MODULES}/{kernel}/modules.dep", _DEP_LIMIT))
        except OSError:
            continue
        if path:
            found[kernel] = path
    return found
