"""nvidia-fabricmanager, as files show it: no service manager is asked."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.startup import Any
from torch_doctor.core.version import DriverRelease
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.machine.container import DPKG, dpkg_version, find_container
from torch_doctor.probes.machine.system import os_family

OWNS = ("fabric_manager", "fabric_manager_release")
SERVICE = "nvidia-fabricmanager"
PID_FILES = (
    f"/run/{SERVICE}/nv-fabricmanager.pid",
    f"/var/run/{SERVICE}/nv-fabricmanager.pid",
    f"/run/{SERVICE}.pid",
)
# systemd keeps a service's control group only while the service runs (cgroup v2, then v1).
CGROUPS = (
    f"/sys/fs/cgroup/system.slice/{SERVICE}.service",
    f"/sys/fs/cgroup/systemd/system.slice/{SERVICE}.service",
)
INSTALLED = (
    f"/lib/systemd/system/{SERVICE}.service",
    f"/usr/lib/systemd/system/{SERVICE}.service",
    f"/etc/systemd/system/{SERVICE}.service",
    "/usr/bin/nv-fabricmanager",
)


def probe(host: Host) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield running, stopped or not installed, and the release; a container cannot see its host's services."""
    state = _state(host)
    yield "fabric_manager", state
    if isinstance(state, Unavailable):
        yield "fabric_manager_release", state
    elif state.value == "not installed":
        yield (
            "fabric_manager_release",
            Unavailable(Reason.NOT_PRESENT, "not installed", state.source),
        )
    else:
        yield "fabric_manager_release", _release(host)


def _release(host: Host) -> Fact[DriverRelease]:
    source = Source("file", DPKG)
    version = dpkg_version(host, r"nvidia-fabricmanager(?:-\d+)?") or ""
    try:
        return Known(DriverRelease.parse(version.partition("-")[0].rpartition(":")[2]), source)
    except ValueError:
        return Unavailable(Reason.UNPARSED, "dpkg lists no release of nvidia-fabricmanager", source)


def _state(host: Host) -> Fact[str]:
    if os_family(host) != "linux":
        return Unavailable(Reason.NOT_APPLICABLE, "NVSwitch machines run Linux")
    for path in PID_FILES:
        if _is_alive(host, path):
            return Known("running", Source("file", path))
    for path in CGROUPS:
        if host.is_dir(path):
            return Known("running", Source("file", path))
    if isinstance(find_container(host), Known):
        return Unavailable(Reason.DENIED, "a container does not see the services of its host")
    for path in INSTALLED:
        if host.exists(path):
            return Known("stopped", Source("file", path))
    return Known("not installed", Source("file", INSTALLED[0]))


def _is_alive(host: Host, path: str) -> bool:
    """Whether the process that a pid file names is there: a killed service leaves its file behind."""
    try:
        pid = host.read_text(path, 64).strip()
    except OSError:
        return False
    return pid.isdecimal() and host.exists(f"/proc/{pid}/stat")
