"""The kernel driver as files show it: loaded modules, device nodes and this user's access to them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.records import DeviceNode, KernelModule
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.text import one_line
from torch_doctor.core.version import DriverRelease
from torch_doctor.probes.driver import kernel_modules
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.machine.system import is_wsl, os_family

OWNS = (
    "kernel_module",
    "driver_release",
    "nouveau_loaded",
    "uvm_loaded",
    "uvm_hmm",
    "kernel_module_file",
    "kernels_with_module",
    "device_nodes",
    "kernel_gpus",
    "nvidia_smi",
)
VERSION = "/proc/driver/nvidia/version"
KERNEL_GPUS = "/proc/driver/nvidia/gpus"
MODULES = "/sys/module"
SMI_PLACES = (
    "/usr/bin/nvidia-smi",
    "/usr/local/bin/nvidia-smi",
    "/usr/lib/wsl/lib/nvidia-smi",
    "/usr/local/nvidia/bin/nvidia-smi",
    "/opt/bin/nvidia-smi",
    "/run/current-system/sw/bin/nvidia-smi",
    "/run/nvidia/driver/usr/bin/nvidia-smi",
)
_NODE = regex(r"nvidia(?:\d+|ctl|-uvm|-uvm-tools|-modeset|-nvswitch(?:\d+|ctl))|dxg")
_MINOR = regex(r"^Device Minor:\s*(\d{1,3})\s*$", re.MULTILINE)
_BANNER = regex(r"NVRM version:[^\n]*?Kernel Module\b[^\n]*?\s(\d{2,4}\.\d+(?:\.\d+)?)(?=\s|$)")


def probe(host: Host) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield the modules, the device nodes and where nvidia-smi lies (it is never run)."""
    family = os_family(host)
    if family != "linux":
        gone = Unavailable(Reason.NOT_APPLICABLE, "only Linux shows its driver in files")
        for name in OWNS[:-1]:
            yield name, gone
    else:
        wsl = is_wsl(host)
        module = _kernel_module(host, wsl=wsl)
        yield "kernel_module", module
        yield "driver_release", _driver_release(module)
        yield "nouveau_loaded", _loaded(host, "nouveau")
        if wsl:
            yield (
                "uvm_loaded",
                Unavailable(Reason.NOT_APPLICABLE, "WSL has no NVIDIA kernel module"),
            )
        else:
            yield "uvm_loaded", _loaded(host, "nvidia_uvm")
        yield "uvm_hmm", _hmm(host)
        yield from kernel_modules.facts(host)
        yield "device_nodes", _device_nodes(host)
        yield "kernel_gpus", _kernel_gpus(host)
    yield "nvidia_smi", _nvidia_smi(host, family)


def parse_version(text: str) -> KernelModule:
    """Parse /proc/driver/nvidia/version; raise ValueError where it names no release."""
    match = _BANNER.search(text)
    if not match:
        msg = f"no release in {one_line(text, 120)!r}"
        raise ValueError(msg)
    flavour = "open" if "Open Kernel Module" in match[0] else "proprietary"
    return KernelModule(DriverRelease.parse(match[1]), flavour)


def _kernel_module(host: Host, *, wsl: bool) -> Fact[KernelModule]:
    if wsl:
        return Unavailable(Reason.NOT_APPLICABLE, "WSL uses the driver of Windows")
    source = Source("file", VERSION)
    try:
        return Known(parse_version(host.read_text(VERSION, 4096)), source)
    except FileNotFoundError:
        return _module_version(host)
    except ValueError as error:
        return Unavailable(Reason.UNPARSED, str(error), source)
    except OSError as error:
        return Unavailable(Reason.DENIED, f"{VERSION}: {error.strerror or error}", source)


def _module_version(host: Host) -> Fact[KernelModule]:
    """A container may lack the file under /proc and still shows the module that its host has loaded."""
    path = f"{MODULES}/nvidia/version"
    source = Source("file", path)
    try:
        return Known(KernelModule(DriverRelease.parse(host.read_text(path, 256))), source)
    except FileNotFoundError:
        return Unavailable(Reason.NOT_PRESENT, "no NVIDIA kernel module is loaded", source)
    except ValueError as error:
        return Unavailable(Reason.UNPARSED, one_line(str(error)), source)
    except OSError as error:
        return Unavailable(Reason.DENIED, f"{path}: {error.strerror or error}", source)


def _driver_release(module: Fact[KernelModule]) -> Fact[DriverRelease]:
    return Known(module.value.release, module.source) if isinstance(module, Known) else module


def _loaded(host: Host, module: str) -> Fact[bool]:
    source = Source("file", f"{MODULES}/{module}")
    if not host.is_dir(MODULES):
        return Unavailable(Reason.DENIED, f"{MODULES} is not visible", source)
    return Known(host.exists(source.where), source)


def _hmm(host: Host) -> Fact[bool]:
    path = f"{MODULES}/nvidia_uvm/parameters/uvm_disable_hmm"
    source = Source("file", path)
    try:
        disabled = host.read_text(path, 16).strip()
    except FileNotFoundError:
        return Unavailable(Reason.NOT_PRESENT, "nvidia_uvm is not loaded or has no HMM", source)
    except OSError as error:
        return Unavailable(Reason.DENIED, f"{path}: {error.strerror or error}", source)
    return Known(disabled not in ("Y", "1"), source)


def _kernel_gpus(host: Host) -> Fact[tuple[str, ...]]:
    """Return the device files of the GPUs that the kernel driver has started; a container may not show them."""
    source = Source("file", KERNEL_GPUS)
    try:
        addresses = host.listdir(KERNEL_GPUS)
    except OSError:
        return Unavailable(Reason.NOT_PRESENT, "the kernel driver shows no GPU", source)
    minors = []
    for address in addresses:
        try:
            text = host.read_text(f"{KERNEL_GPUS}/{address}/information", 4096)
        except OSError:
            continue
        if match := _MINOR.search(text):
            minors.append(int(match[1]))
    return Known(tuple(f"/dev/nvidia{minor}" for minor in sorted(minors)), source)


def _device_nodes(host: Host) -> Fact[tuple[DeviceNode, ...]]:
    source = Source("file", "/dev")
    try:
        paths = [f"/dev/{name}" for name in host.listdir("/dev") if _NODE.fullmatch(name)]
    except FileNotFoundError:
        return Unavailable(Reason.NOT_PRESENT, "there is no /dev", source)
    except OSError as error:
        return Unavailable(Reason.DENIED, f"/dev: {error.strerror or error}", source)
    try:
        caps = host.listdir("/dev/nvidia-caps")
        paths += [f"/dev/nvidia-caps/{name}" for name in caps if name.startswith("nvidia-cap")]
    except OSError:
        pass  # only GPUs with MIG have this directory
    # What "docker -v" makes in the place of a device file that its host lacks is a folder, what a copy leaves a file.
    plain_files = host.call(
        "plain_devices", lambda: [path for path in paths if os.path.isfile(path)]
    )
    plain = plain_files if isinstance(plain_files, list) else []
    paths = [path for path in paths if path not in plain and not host.is_dir(path)]
    # Asked of the kernel by name alone: opening a GPU's node would wake it, or hang with a sick driver.
    return Known(tuple(DeviceNode(path, *host.can_open(path)) for path in paths), source)


def _nvidia_smi(host: Host, family: str) -> Fact[str]:
    windows = family == "windows"
    directories = host.environ.get("PATH", "").split(";" if windows else ":")
    name = "nvidia-smi.exe" if windows else "nvidia-smi"
    places = [f"{place.rstrip('/')}/{name}" for place in directories if _is_absolute(place)]
    for path in (*places, *(() if windows else SMI_PLACES)):
        if host.exists(path):
            return Known(one_line(path), Source("file", one_line(path)))
    return Unavailable(Reason.NOT_PRESENT, "no nvidia-smi on PATH or in the usual directories")


def _is_absolute(directory: str) -> bool:
    return directory.startswith("/") or directory[1:3] in (":\\", ":/")
