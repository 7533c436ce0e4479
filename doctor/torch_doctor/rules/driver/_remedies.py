"""Cures of driver, kernel module and fabric that take more than one action, by distribution and place."""

from __future__ import annotations

from torch_doctor.core.finding import Action
from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.rule import Draft, finding
from torch_doctor.core.startup import regex
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.pattern import carries

_APT = "sudo apt-get install dkms linux-headers-$(uname -r)"
_DNF = "sudo dnf install dkms kernel-devel-$(uname -r)"
_PACMAN = "sudo pacman -S --needed dkms linux-headers"
_HEADERS = {
    "ubuntu": _APT,
    "debian": _APT,
    "linuxmint": _APT,
    "pop": _APT,
    "fedora": _DNF,
    "rhel": _DNF,
    "centos": _DNF,
    "rocky": _DNF,
    "almalinux": _DNF,
    "arch": _PACMAN,
    "cachyos": "sudo pacman -S --needed dkms linux-cachyos-headers",
    "manjaro": _PACMAN,
}

_DPKG = ("dpkg -l '*nvidia*' | grep ^ii", "dkms status")
_RPM = ("rpm -qa '*nvidia*' '*kmod-nvidia*'", "dkms status")
_LISTED = {"ubuntu": _DPKG, "debian": _DPKG, "rhel": _RPM, "rocky": _RPM, "fedora": _RPM}

_APT_DRIVER, _DNF_DRIVER = (
    "sudo apt-get install nvidia-driver-{}{}",
    "sudo dnf module install nvidia-driver:{}{}",
)
_INSTALLS = {
    "ubuntu": _APT_DRIVER,
    "rhel": _DNF_DRIVER,
    "rocky": _DNF_DRIVER,
    "almalinux": _DNF_DRIVER,
}


def build_module(os_id: str | None) -> Action:
    """Return how to build the module for the running kernel and load it."""
    headers = [_HEADERS[os_id]] if os_id in _HEADERS else []
    build = (*headers, "sudo dkms autoinstall", "sudo modprobe nvidia")
    text = (
        "install dkms and the headers of the running kernel, build the NVIDIA module for it "
        "(where dkms knows no nvidia, install the driver again), then load it"
    )
    return fixes.by_hand(text, *build, scope="host", root=True)


# What NVIDIA's installer, dkms and packages print where the module does not compile.
BUILD_FAILED = (
    r"performing the step: .{0,3}Building kernel modules|Bad return status for module build"
    r"|\b(?:dkms|nvidia)\b.{0,60}\b(?:module build failed|failed to build|build of .{0,40} failed)"
    r"|exit status:? ?\d{1,3}.{0,20}while building nvidia|error building .{0,20}nvidia"
    r"|Unable to build the (?:NVIDIA )?kernel module"
)


def newer_for_kernel(os_id: str | None) -> list[Action]:
    """Return what helps where the module of this driver does not compile: a driver that knows the kernel."""
    headers = (_HEADERS[os_id],) if os_id in _HEADERS else ()
    text = (
        "install the headers of the running kernel and a newer driver (the newest release of its branch, or the next "
        "branch): the module of this one does not compile for the kernel; or boot the older kernel"
    )
    logs = ("less /var/log/nvidia-installer.log", "cat /var/lib/dkms/nvidia/*/build/make.log")
    look = fixes.by_hand("read what the compiler says", *logs, scope="host", root=True)
    return [fixes.by_hand(text, *headers, scope="host", root=True, reboot_needed=True), look]


# Who sees it work under another kernel has the driver: the module lacks for this one alone.
_ANOTHER_KERNEL = regex(
    r"(?i)\b(?:works?|worked|runs?|loads?|fine|ok)\b[^.;\n]{0,50}\bkernel\b"
    r"|\bkernel\b[^.;\n]{0,50}\b(?:works?|worked|runs|loads|fine)\b"
)


def into_kernel(
    os_id: str | None, module_is_there: bool, remarks: tuple[ErrorSeen, ...]
) -> list[Action]:
    """Return how the module gets into the running kernel, and how to read why it did not."""
    why = fixes.by_hand(
        "read why it does not load: not built for this kernel, refused by Secure Boot, or held off by nouveau",
        "sudo dmesg | grep -iE 'nvrm|nvidia|nouveau'",
        "dkms status",
        scope="host",
        root=True,
    )
    if any(_ANOTHER_KERNEL.search(remark.text) for remark in remarks):
        return [build_module(os_id)]
    # A module that is there would mostly have been loaded at boot: the usual reason is a new kernel.
    return [fixes.load_module("nvidia") if module_is_there else build_module(os_id), why]


def one_release(
    inside: bool, os_id: str | None, tried: tuple[str, ...], loaded: DriverRelease | None
) -> list[Action]:
    """Return how module and libraries get to one release, for who is inside a container and who rebooted.

    *loaded* is the release of the module, where that of the libraries is known to be another.
    """
    if inside:
        text = (
            "remove the NVIDIA driver packages (libnvidia-*, nvidia-utils) from the image; "
            "the container runtime brings the host's libraries"
        )
        return [fixes.by_hand(text, scope="container")]
    if "rebooted" not in tried:
        return [fixes.reboot("so that the new module is loaded")]
    text = (
        "remove what is left of the old release (libraries, or a module that was not built again for the new one), "
        "and install one release of the driver again: module and libraries are of two releases, also after the reboot"
    )
    look = ("cat /proc/driver/nvidia/version", "ldconfig -p | grep -E 'libnvidia-ml|libcuda'")
    remove = fixes.by_hand(text, *look, *_LISTED.get(os_id or "", ()), scope="host", root=True)
    return [remove] if loaded is None else [_as_the_module(loaded), remove]


# The container tools speak for the host, whatever image they were about to start.
_HOST_SAYS = (
    r"CDI spec|nvidia-ctk|nvidia-container-|OCI runtime|error response from daemon|device-plugin|\bnvml error:"
    r"|\bon the host(?: itself)?,? (?:too|as well|also)\b|\bhost (?:too|as well)\b"
)
_INSIDE_SAYS = r"\b(?:in|inside|container|docker|pod)\b.{0,40}(?:container|docker|pod|nvidia-smi|mismatch)|容器"


def is_inside(mentions: tuple[ErrorSeen, ...], container: str | None) -> bool:
    """Whether the releases that differ are those of a *container*; its tools speak for the host."""

    def say(words: str) -> bool:
        return any(carries(words, error.text) for error in mentions)

    return bool(container or say(_INSIDE_SAYS)) and not say(_HOST_SAYS)


_UPDATED = regex(
    r"(?i)\b(?:driver|kernel|system|apt|dnf|packages?)\b[^.;\n]{0,40}\b(?:updat|upgrad)"
    r"|\b(?:updat|upgrad)\w*\b[^.;\n]{0,40}\b(?:driver|kernel|system|packages)\b"
)


def of_an_update(remarks: tuple[ErrorSeen, ...]) -> bool:
    """Whether words tell of an update of the driver, the kernel or the whole system."""
    return any(_UPDATED.search(remark.text) for remark in remarks)


def other_libcuda(tried: tuple[str, ...]) -> Draft:
    """Return what is said where CUDA answers 803 and nothing tells which of the two parts is the old one."""
    reboot = (
        "" if "rebooted" in tried else "; where both are of the driver, which was updated, reboot"
    )
    text = (
        "find every libcuda.so.1 that the loader knows, and take the one that is not the driver's off its path "
        f"(cuda-compat, as images have it, a copy, an old folder in LD_LIBRARY_PATH){reboot}"
    )
    look = (
        "cat /proc/driver/nvidia/version",
        "ldconfig -p | grep libcuda",
        'echo "$LD_LIBRARY_PATH"',
    )
    message = "CUDA answers 803: the libcuda that was loaded does not go with the kernel module of the driver"
    again = (
        []
        if "rebooted" in tried
        else [fixes.reboot("so that module and libraries are of one release")]
    )
    cures = [fixes.by_hand(text, *look), *again]
    return finding("driver", message, cause="forward-compat-unsupported", fixes=cures)


def _as_the_module(release: DriverRelease) -> Action:
    """Return how the libraries get the *release* of a module that was built by hand: a reboot does not change that."""
    text = (
        f"bring both to the same release: install the libraries of the module's, {release} "
        "(its .run installer with --no-kernel-modules, or its packages), or build the module of the libraries' release"
    )
    look = ("cat /proc/driver/nvidia/version", "ldconfig -p | grep -E 'libnvidia-ml|libcuda'")
    return fixes.by_hand(text, *look, scope="host", root=True)


def other_flavour(is_open: bool, release: DriverRelease | None, os_id: str | None) -> Action:
    """Return how to get the open or the proprietary kernel modules of the release that is there."""
    kind = "open" if is_open else "proprietary (closed)"
    same = f"the same release, {release}," if release else "the same release"
    text = f"install {same} with the {kind} kernel modules in place of the other ones, then reboot"
    template = _INSTALLS.get(os_id or "")
    suffix = "-open" if is_open else "" if os_id == "ubuntu" else "-dkms"
    commands = (template.format(release.branch, suffix),) if template and release else ()
    return fixes.by_hand(text, *commands, scope="host", root=True, reboot_needed=True)


# Where a distribution keeps the key that its tools sign modules with, and what makes it there.
_KEYS = {
    "debian": ("sudo mokutil --import /var/lib/dkms/mok.pub",),
    "fedora": ("sudo kmodgenca -a", "sudo mokutil --import /etc/pki/akmods/certs/public_key.der"),
}
_KEY_OF_UBUNTU = ("sudo mokutil --import /var/lib/shim-signed/mok/MOK.der",)


def signed_modules(os_id: str | None) -> list[Action]:
    """Return how Secure Boot takes the kernel modules: their key is enrolled, or they are the distribution's."""
    enrol = fixes.by_hand(
        "enrol the key that signs the module, then reboot and confirm it in the firmware's menu; where nobody sees "
        "that menu (a VM, SSH alone), take modules that the distribution signs, or switch Secure Boot off",
        *_KEYS.get(os_id or "", _KEY_OF_UBUNTU),
        scope="host",
        root=True,
        reboot_needed=True,
    )
    named = " (linux-modules-nvidia-…)" if os_id == "ubuntu" else ""
    text = f"install modules that the distribution signs{named}"
    return [enrol, fixes.by_hand(text, scope="host", root=True)]
