"""How to get a driver, by the system that it is for."""

from __future__ import annotations

from torch_doctor.core.finding import Fix
from torch_doctor.fixes.kinds import CONTAINER, ENV, HOST, UpdateDriver, UseCompat
from torch_doctor.fixes.person import CONTAINER as CONTAINED
from torch_doctor.fixes.person import POD, SHARED, Person

# {branch}: of the driver; {flavour} and {dkms}: of its kernel modules, as the distribution names them.
_COMMANDS = {
    "ubuntu": "sudo apt-get install nvidia-driver-{branch}{flavour}",
    "linuxmint": "sudo apt-get install nvidia-driver-{branch}{flavour}",
    "debian": "apt-cache policy nvidia-driver",
    "rhel": "sudo dnf module install nvidia-driver:{branch}{dkms}",
    "rocky": "sudo dnf module install nvidia-driver:{branch}{dkms}",
    "almalinux": "sudo dnf module install nvidia-driver:{branch}{dkms}",
    "fedora": "sudo dnf install akmod-nvidia",
    "arch": "sudo pacman -S nvidia-open",
    "opensuse-leap": "sudo zypper install nvidia-open-driver-G06-signed-kmp-default",
    "sles": "sudo zypper install nvidia-open-driver-G06-signed-kmp-default",
}
# These have one driver, the newest, and no branch to name; of some it is the one with the open modules.
_NEWEST_ALONE = ("fedora", "arch", "opensuse-leap", "sles")
_OPEN_ALONE = ("arch", "opensuse-leap", "sles")
# Debian's own package is of one branch for the life of a release.
_DEBIAN = " (Debian's own package, where this shows it to be new enough; else from backports or NVIDIA's repository)"
_PAGE = "https://www.nvidia.com/drivers"
# Whose driver it is: a container and a pod use that of the machine under them.
_WHERE = {CONTAINED: " the host", POD: " the node"}


def update_driver(action: UpdateDriver, person: Person) -> Fix | None:
    """Get an NVIDIA driver of the minimum or newer, or of one branch and not newer."""
    wanted = f"{action.minimum} or newer"
    branch = action.minimum.split(".", maxsplit=1)[0]
    if action.exact_branch:
        wanted = f"branch {branch}"
    if person.system == "jetson":
        return Fix(f"update JetPack: a Jetson's driver comes with it ({wanted})", scope=HOST)
    if person.system == "wsl":
        text = f"update the NVIDIA driver of Windows to {wanted}, then run wsl --shutdown"
        return Fix(text, ("wsl.exe --shutdown",), HOST, needs_root=True)
    text = _text(action, _WHERE.get(person.place, ""), branch)
    if person.system == "windows":
        return Fix(f"{text} ({_PAGE})", scope=HOST, needs_root=True)
    commands = _commands(action, person, branch)
    if commands and person.distribution == "debian":
        text += _DEBIAN
    return Fix(text, commands, HOST, needs_root=True, needs_reboot=True)


def _text(action: UpdateDriver, where: str, branch: str) -> str:
    if action.exact_branch:
        return f"install an NVIDIA driver of the {branch} branch{where and f' on{where}'}{_flavour(action)}"
    if not action.there:
        on = where and f" on{where}"
        return f"install the NVIDIA driver{on}, {action.minimum} or newer{_flavour(action)}"
    of = where and f" of{where}"
    return f"update the NVIDIA driver{of} to {action.minimum} or newer{_flavour(action)}"


def _flavour(action: UpdateDriver) -> str:
    """Say which kernel modules, where that is what the cure is about."""
    if action.flavour_matters:
        return (
            ", with the open kernel modules"
            if action.open_module
            else (", with the proprietary kernel modules")
        )
    return ""


def _commands(action: UpdateDriver, person: Person, branch: str) -> tuple[str, ...]:
    distribution = person.distribution or ""
    template = _COMMANDS.get(distribution)
    if template is None or (action.exact_branch and distribution in _NEWEST_ALONE):
        return ()
    if distribution in _OPEN_ALONE and not action.open_module:
        return ()
    branch = str(action.branch or branch)
    is_open = action.open_module and (action.flavour_matters or action.open_is_ready)
    flavour, dkms = ("-open", "-open") if is_open else ("", "-dkms")
    return (template.format(branch=branch, flavour=flavour, dkms=dkms),)


def _unpacked(cuda: str, package: str) -> Fix:
    """Without root a package is unpacked into a folder of one's own."""
    text = (
        f"keep the driver: download cuda-compat-{package}, a .deb or .rpm of {_COMPAT_FILES}, unpack it into "
        "~/cuda-compat (dpkg -x, or rpm2cpio and cpio), and put it first on the loader's path (this data-centre GPU "
        "may, and no root is needed)"
    )
    path = f"export LD_LIBRARY_PATH=$HOME/cuda-compat/usr/local/cuda-{cuda}/compat:$LD_LIBRARY_PATH"
    return Fix(text, (path,), ENV)


# The distributions' own repositories have no cuda-compat: NVIDIA's must be added first.
_COMPAT_FILES = "https://developer.download.nvidia.com/compute/cuda/repos/"
_COMPAT = {
    "ubuntu": "sudo apt-get install cuda-compat-{package}",
    "debian": "sudo apt-get install cuda-compat-{package}",
    "rhel": "sudo dnf install cuda-compat-{package}",
    "rocky": "sudo dnf install cuda-compat-{package}",
    "almalinux": "sudo dnf install cuda-compat-{package}",
}


def use_compat(action: UseCompat, person: Person) -> Fix | None:
    """Let a newer user-mode driver answer over the older module: on data-centre GPUs alone."""
    if person.system != "linux":
        return None
    package = action.cuda.replace(".", "-")
    path = f"export LD_LIBRARY_PATH=/usr/local/cuda-{action.cuda}/compat:$LD_LIBRARY_PATH"
    text = (
        f"keep the driver, install cuda-compat-{package} from NVIDIA's own package repository for CUDA, and put it "
        "first on the loader's path (this data-centre GPU may)"
    )
    if person.place in ("container", "pod"):
        return Fix(f"{text}, in the image", (path,), CONTAINER)
    if person.place == SHARED:
        return _unpacked(action.cuda, package)
    template = _COMPAT.get(person.distribution or "")
    if template is None:
        text = f"{text}; where no package of it fits, unpack its .deb or .rpm of {_COMPAT_FILES}"
    install = (template.format(package=package),) if template else ()
    return Fix(text, (*install, path), HOST, needs_root=bool(install))
