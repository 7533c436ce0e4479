"""How to get a driver, by the system that it is for."""

from __future__ import annotations

from torch_doctor.core.finding import Fix
from torch_doctor.fixes.kinds import CONTAINER, HOST, UpdateDriver, UseCompat
from torch_doctor.fixes.person import Person

# {branch}: of the driver; {flavour} and {dkms}: of its kernel modules, as the distribution names them.
_COMMANDS = {
    "ubuntu": "sudo apt-get install nvidia-driver-{branch}{flavour}",
    "debian": "sudo apt-get install nvidia-driver",
    "rhel": "sudo dnf module install nvidia-driver:{branch}{dkms}",
    "rocky": "sudo dnf module install nvidia-driver:{branch}{dkms}",
    "almalinux": "sudo dnf module install nvidia-driver:{branch}{dkms}",
    "fedora": "sudo dnf install akmod-nvidia",
    "arch": "sudo pacman -S nvidia-open",
    "opensuse-leap": "sudo zypper install nvidia-open-driver-G06-signed-kmp-default",
    "sles": "sudo zypper install nvidia-open-driver-G06-signed-kmp-default",
}
# These have one driver, the newest, and no branch to name.
_NEWEST_ALONE = ("debian", "fedora", "arch", "opensuse-leap", "sles")
_FIRST_OPEN_ALONE = 560
_PAGE = "https://www.nvidia.com/drivers"


def update_driver(action: UpdateDriver, person: Person) -> Fix | None:
    """Update the NVIDIA driver to the minimum or newer, or to one branch and not newer."""
    wanted = f"{action.minimum} or newer"
    branch = action.minimum.split(".", maxsplit=1)[0]
    if action.exact_branch:
        wanted = f"branch {branch}"
    if person.system == "jetson":
        return Fix(f"update JetPack: a Jetson's driver comes with it ({wanted})", scope=HOST)
    if person.system == "wsl":
        text = f"update the NVIDIA driver of Windows to {wanted}, then run wsl --shutdown"
        return Fix(text, ("wsl.exe --shutdown",), HOST, needs_root=True)
    text = f"update the NVIDIA driver to {action.minimum} or newer"
    if action.exact_branch:
        text = f"install an NVIDIA driver of the {branch} branch"
    text += _flavour(action)
    if person.system == "windows":
        return Fix(f"{text} ({_PAGE})", scope=HOST, needs_root=True)
    return Fix(text, _commands(action, person, branch), HOST, needs_root=True, needs_reboot=True)


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
    # Open modules are offered from R515 on, and for desktop GPUs they are ready from R560 on.
    is_open = action.open_module and (
        action.flavour_matters or (branch.isdigit() and int(branch) >= _FIRST_OPEN_ALONE)
    )
    flavour, dkms = ("-open", "-open") if is_open else ("", "-dkms")
    return (template.format(branch=branch, flavour=flavour, dkms=dkms),)


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
    text = f"or keep the driver, and put cuda-compat-{package} first on the loader's path (this data-centre GPU may)"
    if person.place in ("container", "pod"):
        return Fix(f"{text}, in the image", (path,), CONTAINER)
    template = _COMPAT.get(person.distribution or "")
    install = (template.format(package=package),) if template else ()
    return Fix(text, (*install, path), HOST, needs_root=bool(install))
