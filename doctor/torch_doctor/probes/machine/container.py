"""The container and the scheduler around this process, told by the traces that they leave."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.probes.host.port import Host

OWNS = ("container", "scheduler", "container_toolkit")
TOOLKIT_PROGRAMS = ("/usr/bin/nvidia-ctk", "/usr/bin/nvidia-container-cli")
DPKG = "/var/lib/dpkg/status"
_DPKG_LIMIT = 16 << 20
_ENVIRONMENT = (
    ("KUBERNETES_SERVICE_HOST", "kubernetes"),
    ("APPTAINER_CONTAINER", "apptainer"),
    ("SINGULARITY_CONTAINER", "singularity"),
)
_FILES = (
    ("/run/.containerenv", "podman"),
    ("/.dockerenv", "docker"),
    ("/.singularity.d", "singularity"),
)
# A cgroup's path, or where the root file system comes from, names who made it.
_MARKS = (
    ("kubepods", "kubernetes"),
    ("/libpod", "podman"),
    ("/containers/storage/", "podman"),
    ("/docker", "docker"),
    ("/lxc", "lxc"),
    ("/enroot/", "enroot"),
    ("containerd", "containerd"),
)


def probe(host: Host) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield the container, the scheduler and the version of the container toolkit."""
    container = find_container(host)
    yield "container", container
    yield "scheduler", _scheduler(host.environ)
    yield "container_toolkit", _toolkit(host)


def find_container(host: Host) -> Fact[str]:
    """Return the kind of container that this process runs in; not present outside of any."""
    for variable, name in _ENVIRONMENT:
        if host.environ.get(variable):
            return Known(name, Source("env", variable))
    for path, name in _FILES:
        if host.exists(path):
            return Known(name, Source("file", path))
    recorded = _recorded_by_the_runtime(host)
    if recorded is not None:
        return recorded
    for path, parse in (("/proc/1/cgroup", parse_marks), ("/proc/self/mountinfo", parse_mountinfo)):
        try:
            found = parse(host.read_text(path, 1 << 18))
        except OSError:
            continue
        if found:
            return Known(found, Source("file", path))
    return Unavailable(Reason.NOT_PRESENT, "no trace of a container")


def parse_marks(text: str) -> str | None:
    """Return the container runtime that /proc/1/cgroup names, or None."""
    return next((name for mark, name in _MARKS if mark in text), None)


def parse_mountinfo(text: str) -> str | None:
    """Return the container runtime that the root file system comes from, or None."""
    for line in text.splitlines():
        fields = line.split(" ")
        if len(fields) > 4 and fields[4] == "/":
            return parse_marks(line)
    return None


def parse_dpkg(text: str, package: str) -> str | None:
    """Return the version of an installed package (*package* is a pattern) in dpkg's status file, or None."""
    for start in re.finditer(rf"^Package: (?:{package})$", text, re.MULTILINE):
        end = text.find("\n\n", start.end())
        entry = text[start.end() : end if end > 0 else len(text)]
        match = re.search(r"^Version: (\S+)$", entry, re.MULTILINE)
        if match and re.search(r"^Status: \S+ \S+ installed$", entry, re.MULTILINE):
            return one_line(match[1])
    return None


def dpkg_version(host: Host, package: str) -> str | None:
    """Return the version of an installed Debian package whose name matches *package*, or None."""

    def read() -> str | None:
        try:
            return parse_dpkg(host.read_text(DPKG, _DPKG_LIMIT), package)
        except OSError:
            return None

    version = host.call(f"dpkg {package}", read)
    return version if isinstance(version, str) else None


def _recorded_by_the_runtime(host: Host) -> Fact[str] | None:
    """Systemd and most runtimes tell their own name: in a file, or in the variable ``container``."""
    path = "/run/systemd/container"
    try:
        name = one_line(host.read_text(path, 256))
    except OSError:
        name = ""
    if name and name != "wsl":
        return Known(name, Source("file", path))
    name = one_line(host.environ.get("container", ""))
    return Known(name, Source("env", "container")) if name and name != "wsl" else None


def _scheduler(environ: Mapping[str, str]) -> Fact[str]:
    for variable, name in (("SLURM_JOB_ID", "slurm"), ("KUBERNETES_SERVICE_HOST", "kubernetes")):
        if environ.get(variable):
            return Known(name, Source("env", variable))
    return Unavailable(Reason.NOT_PRESENT, "no trace of a scheduler")


def _toolkit(host: Host) -> Fact[str]:
    program = next((path for path in TOOLKIT_PROGRAMS if host.exists(path)), None)
    if program is None:
        return Unavailable(
            Reason.NOT_PRESENT, "neither nvidia-ctk nor nvidia-container-cli was found"
        )
    version = dpkg_version(host, "nvidia-container-toolkit")
    if version is None:
        detail = f"{program} is there, and dpkg does not list its package"
        return Unavailable(Reason.UNPARSED, detail, Source("file", program))
    return Known(version, Source("file", DPKG))
