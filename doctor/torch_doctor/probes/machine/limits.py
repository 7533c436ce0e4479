"""Limits of this process: what its shell, its control group or its container lets it have.

They are those of the program that asks, because children inherit them: a limit of the user's other shells is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.startup import Any
from torch_doctor.probes.host.port import Host

OWNS = (
    "memlock_kib",
    "address_space_kib",
    "data_kib",
    "cpu_seconds_limit",
    "open_files_limit",
    "processes_limit",
    "cgroup_memory_mib",
    "cgroup_processes",
)
CGROUP, MOUNTED = "/proc/self/cgroup", "/sys/fs/cgroup"
# The name in the resource module, and how many units make one of the fact's.
_LIMITS = {
    "memlock_kib": ("RLIMIT_MEMLOCK", 1024),
    "address_space_kib": ("RLIMIT_AS", 1024),
    "data_kib": ("RLIMIT_DATA", 1024),
    "cpu_seconds_limit": ("RLIMIT_CPU", 1),
    "open_files_limit": ("RLIMIT_NOFILE", 1),
    "processes_limit": ("RLIMIT_NPROC", 1),
}
# Control groups of the second and of the first version: the controller's folder and its files.
_MEMORY = (("", "memory.max"), ("memory", "memory.limit_in_bytes"))
_PROCESSES = (("", "pids.max"), ("pids", "pids.max"))
# What the first version writes for "no limit": the largest number of pages, in bytes.
_UNLIMITED = 1 << 60


def probe(host: Host) -> Iterator[tuple[str, Fact[int]]]:
    """Yield each limit; where there is none it is not applicable."""
    asked = host.call("limits", _asked)
    limits = dict(asked) if isinstance(asked, dict) else {}
    if "memlock_kib" not in limits:
        limits["memlock_kib"] = host.call("memlock_bytes", lambda: None)
    for name, (constant, unit) in _LIMITS.items():
        yield name, _limit(limits.get(name), unit, Source("derived", f"getrlimit {constant}"))
    groups = _groups(host)
    yield "cgroup_memory_mib", _of_group(host, groups, _MEMORY, 1 << 20)
    yield "cgroup_processes", _of_group(host, groups, _PROCESSES, 1)


def _limit(limit: object, unit: int, source: Source) -> Fact[int]:
    if not isinstance(limit, int):
        return Unavailable(Reason.NOT_APPLICABLE, "the system has no such limit", source)
    if limit < 0:
        return Unavailable(Reason.NOT_APPLICABLE, "unlimited", source)
    return Known(limit // unit, source)


def _groups(host: Host) -> Mapping[str, str]:
    """Return this process's control group by controller; the second version has one of all, and no name."""
    try:
        text = host.read_text(CGROUP, 1 << 16)
    except OSError:
        return {}
    parts = (line.split(":", 2) for line in text.splitlines() if line.count(":") >= 2)
    return {name: path for _, names, path in parts for name in names.split(",")}


def _of_group(
    host: Host, groups: Mapping[str, str], files: tuple[tuple[str, str], ...], unit: int
) -> Fact[int]:
    """Return the tightest limit of the group and those that it is in; a container sees its own at the top."""
    found: list[tuple[int, str]] = []
    seen = False
    for controller, name in files:
        if controller not in groups:
            continue
        for folder in _upwards(groups[controller]):
            path = "/".join(filter(None, (MOUNTED, controller, folder, name)))
            try:
                text = host.read_text(path, 64).strip()
            except OSError:
                continue
            seen = True
            if text.isdigit() and int(text) < _UNLIMITED:
                found.append((int(text), path))
    if found:
        value, path = min(found)
        return Known(value // unit, Source("file", path))
    detail = "unlimited" if seen else "no control group shows such a limit"
    return Unavailable(Reason.NOT_APPLICABLE, detail, Source("file", CGROUP))


def _upwards(path: str) -> Iterator[str]:
    parts = [part for part in path.split("/") if part and part != ".."]
    for length in range(len(parts), -1, -1):
        yield "/".join(parts[:length])


def _asked() -> dict[str, Any]:
    """Return the soft limits, -1 where there is none; {} where the system has no such limits."""
    try:
        import resource
    except ImportError:
        return {}
    found = {}
    for name, (constant, _) in _LIMITS.items():
        number = getattr(resource, constant, None)
        if number is not None:
            soft, _hard = resource.getrlimit(number)
            found[name] = -1 if soft == resource.RLIM_INFINITY else soft
    return found
