"""The operating system: family, distribution, kernel, architecture, C library, WSL and Jetson."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.text import one_line
from torch_doctor.probes.host.port import Host

OWNS = (
    "os_family",
    "os_name",
    "os_id",
    "kernel_release",
    "host_arch",
    "libc",
    "wsl",
    "jetson",
    "effective_uid",
    "shm_mib",
    "shm_free_mib",
    "rdma_devices",
    "secure_boot",
)
OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
TEGRA_RELEASE = "/etc/nv_tegra_release"
RDMA = "/sys/class/infiniband"
SECURE_BOOT = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
TEGRA_MODEL = "/proc/device-tree/model"
APK_DATABASE = "/lib/apk/db/installed"
_ARCHITECTURES = {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64"}
_L4T = regex(r"#\s*R(\d+)\s*\(release\),\s*REVISION:\s*(\d+(?:\.\d+)*)")
_SYSTEM = Source("derived", "the running system")
_FAMILIES = {"win32": "windows", "cygwin": "windows", "darwin": "darwin"}


def probe(host: Host) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield what the system says about itself."""
    family = os_family(host)
    yield "os_family", Known(family, _SYSTEM)
    yield from _distribution(host, family)
    yield "kernel_release", _known(kernel_release(host), "no kernel release")
    machine = host.call("machine", _machine)
    yield "host_arch", _known(machine and architecture(machine), "no machine architecture")
    yield "libc", _libc(host, family)
    yield "wsl", Known(is_wsl(host), Source("file", "/proc/sys/kernel/osrelease"))
    yield "jetson", _jetson(host)
    uid = host.call("effective_uid", _effective_uid)
    if isinstance(uid, int):
        yield "effective_uid", Known(uid, _SYSTEM)
    else:
        yield "effective_uid", Unavailable(Reason.NOT_APPLICABLE, "the system has no user ids")
    yield from _shm(host)
    yield from _hardware_settings(host, family)


def os_family(host: Host) -> str:
    """Return linux, windows or darwin."""
    platform = host.call("sys_platform", lambda: sys.platform)
    return _FAMILIES.get(platform or "linux", "linux")


def kernel_release(host: Host) -> str | None:
    """Return the release of the running kernel."""
    kernel = host.call("kernel_release", _kernel_release)
    return kernel if isinstance(kernel, str) else None


def is_wsl(host: Host) -> bool:
    """Whether the kernel is that of Windows Subsystem for Linux."""
    return "microsoft" in (kernel_release(host) or "").lower()


def parse_os_release(text: str) -> dict[str, str]:
    """Return the assignments of os-release(5), quotes and backslashes removed."""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            value = value.strip()
            if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
                value = value[1:-1]
            found[name] = one_line(re.sub(r"\\(.)", r"\1", value))
    return found


def parse_l4t(text: str) -> str | None:
    """Return the L4T release of /etc/nv_tegra_release, ``36.4.3``."""
    match = _L4T.search(text)
    return f"{match[1]}.{match[2]}" if match else None


def architecture(machine: str) -> str:
    """Return one name per architecture, whatever the system calls it."""
    return _ARCHITECTURES.get(machine.lower(), one_line(machine.lower()))


def _known(value: Any, missing: str) -> Fact[str]:
    if isinstance(value, str) and value:
        return Known(one_line(value), _SYSTEM)
    return Unavailable(Reason.CRASHED, f"the system gives {missing}", _SYSTEM)


def _distribution(host: Host, family: str) -> Iterator[tuple[str, Fact[str]]]:
    if family != "linux":
        yield "os_name", _known(host.call("os_name", _os_name), "no name")
        yield "os_id", Unavailable(Reason.NOT_APPLICABLE, "only Linux distributions have an ID")
        return
    fields, where = _os_release(host)
    name = fields.get("PRETTY_NAME") or fields.get("NAME")
    for fact, value in (("os_name", name), ("os_id", fields.get("ID"))):
        if value:
            yield fact, Known(value, Source("file", where))
        else:
            yield fact, Unavailable(Reason.UNPARSED, f"{where} does not say", Source("file", where))


def _os_release(host: Host) -> tuple[Mapping[str, str], str]:
    for path in OS_RELEASE:
        try:
            return parse_os_release(host.read_text(path, 65536)), path
        except OSError:
            continue
    return {}, OS_RELEASE[0]


def _libc(host: Host, family: str) -> Fact[str]:
    if family != "linux":
        return Unavailable(Reason.NOT_APPLICABLE, "a matter of Linux only")
    libc = host.call("libc", _glibc)
    if isinstance(libc, str) and libc:
        return Known(one_line(libc), _SYSTEM)
    try:
        loaders = [name for name in host.listdir("/lib") if name.startswith("ld-musl-")]
    except OSError:
        loaders = []
    if not loaders:
        return Unavailable(Reason.UNPARSED, "neither glibc nor musl answers", _SYSTEM)
    return Known(f"musl {_musl_version(host)}".strip(), Source("file", f"/lib/{loaders[0]}"))


def _musl_version(host: Host) -> str:
    try:
        match = re.search(r"^P:musl\nV:(\d+(?:\.\d+)*)", host.read_text(APK_DATABASE), re.MULTILINE)
    except OSError:
        return ""
    return match[1] if match else ""


def _jetson(host: Host) -> Fact[str]:
    source = Source("file", TEGRA_RELEASE)
    try:
        text = host.read_text(TEGRA_RELEASE, 4096)
    except FileNotFoundError:
        return _tegra_model(host)
    except OSError as error:
        return Unavailable(Reason.DENIED, f"{TEGRA_RELEASE}: {error.strerror or error}", source)
    release = parse_l4t(text)
    if release is None:
        return Unavailable(Reason.UNPARSED, one_line(text, 120), source)
    return Known(release, source)


def _tegra_model(host: Host) -> Fact[str]:
    """A container on a Jetson may lack the release file, and still shows the board's device tree."""
    source = Source("file", TEGRA_MODEL)
    try:
        model = one_line(host.read_text(TEGRA_MODEL, 4096).strip("\0 \n"))
    except OSError:
        return Unavailable(Reason.NOT_PRESENT, "no L4T release file, no device tree", source)
    if "Jetson" in model or "Tegra" in model:
        return Known(f"unknown release ({model})", source)
    return Unavailable(Reason.NOT_PRESENT, f"the board is {model}", source)


def _shm(host: Host) -> Iterator[tuple[str, Fact[int]]]:
    source = Source("derived", "statvfs /dev/shm")
    sizes = host.call("shm_bytes", _shm_bytes) or (None, None)
    for name, size in zip(("shm_mib", "shm_free_mib"), sizes, strict=False):
        if isinstance(size, int):
            yield name, Known(size >> 20, source)
        else:
            yield name, Unavailable(Reason.NOT_PRESENT, "there is no /dev/shm", source)


def _hardware_settings(host: Host, family: str) -> Iterator[tuple[str, Fact[Any]]]:
    if family != "linux":
        for name in ("rdma_devices", "secure_boot"):
            yield name, Unavailable(Reason.NOT_APPLICABLE, "only Linux shows it in files")
        return
    try:
        count = len(host.listdir(RDMA))
    except OSError:
        count = 0
    yield "rdma_devices", Known(count, Source("file", RDMA))
    yield "secure_boot", _secure_boot(host)


def _secure_boot(host: Host) -> Fact[bool]:
    """Read the firmware's variable: four bytes of attributes and one of value; containers do not show it."""
    source = Source("file", SECURE_BOOT)
    try:
        data = host.read_bytes(SECURE_BOOT, 64)
    except FileNotFoundError:
        detail = "the firmware's variable is not visible"
        return Unavailable(Reason.NOT_PRESENT, detail, source)
    except OSError as error:
        return Unavailable(Reason.DENIED, f"{SECURE_BOOT}: {error.strerror or error}", source)
    if len(data) != 5:
        return Unavailable(Reason.UNPARSED, f"{len(data)} bytes instead of 5", source)
    return Known(data[4] == 1, source)


def _kernel_release() -> str | None:
    if hasattr(os, "uname"):
        return os.uname().release
    return ".".join(str(part) for part in _windows_version())


def _machine() -> str | None:
    if hasattr(os, "uname"):
        return os.uname().machine
    return os.environ.get("PROCESSOR_ARCHITEW6432") or os.environ.get("PROCESSOR_ARCHITECTURE")


def _windows_version() -> tuple[int, ...]:
    version = getattr(sys, "getwindowsversion", None)
    return tuple(version().platform_version) if version else ()


def _os_name() -> str:
    if sys.platform == "darwin":
        import platform

        return f"macOS {platform.mac_ver()[0]}".strip()
    return f"Windows {'.'.join(str(part) for part in _windows_version())}".strip()


def _glibc() -> str | None:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, ValueError, OSError):
        return None


def _effective_uid() -> int | None:
    return os.geteuid() if hasattr(os, "geteuid") else None


def _shm_bytes() -> list[int] | None:
    try:
        status = os.statvfs("/dev/shm")  # noqa: S108  asked about, not written to
    except (AttributeError, OSError):
        return None
    return [status.f_blocks * status.f_frsize, status.f_bavail * status.f_frsize]
