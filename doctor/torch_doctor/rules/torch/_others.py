"""What helps on AMD GPUs, and on those of other makers. Shared by the rules of this folder."""

from __future__ import annotations

import re

from torch_doctor.core.finding import Action
from torch_doctor.fixes import actions as fixes

_LINUX = "https://pytorch.org/get-started/locally/"
_XPU = "https://docs.pytorch.org/docs/stable/notes/get_start_xpu.html"
_WINDOWS = "https://rocm.docs.amd.com/projects/radeon-ryzen/en/latest/"


def rocm_build(system: str | None) -> Action:
    """Return where a build for AMD GPUs is."""
    if system == "windows":
        text = "install AMD's own build of torch for Windows (pytorch.org has ROCm builds for Linux alone), or use WSL"
        return fixes.by_hand(f"{text}: {_WINDOWS}")
    return fixes.by_hand(
        f"install a ROCm build, from the index for its ROCm (whl/rocmX.Y): {_LINUX}"
    )


# Graphics of Core processors before Core Ultra: torch's XPU build does not run on them.
_WITHOUT_XPU = r"\bu?hd graphics|\biris\b(?!\W{0,6}xe)|\bgma\b"


def on_intel(names: list[str]) -> list[Action]:
    """Return what runs on GPUs of Intel's, by their *names*: CUDA does not exist for them."""
    elsewhere = fixes.by_hand("run it on the CPU, or on a machine with an NVIDIA GPU")
    if names and all(re.search(_WITHOUT_XPU, name, re.IGNORECASE) for name in names):
        return [elsewhere]
    xpu = "on an Arc GPU or a Core Ultra install torch's XPU build, and ask for the device xpu: "
    command = "python -m pip install --force-reinstall torch --index-url https://download.pytorch.org/whl/xpu"
    return [fixes.by_hand(xpu + _XPU, command), elsewhere]


def unseen_device(what: str, failed: str | None, container: str | None) -> Action:
    """Return what shows a runtime of another maker its devices, where it *failed* to find any."""
    if failed is None or "ROCm" not in what:
        return fixes.by_hand(f"follow the guide for {what}; nothing about NVIDIA drivers applies")
    if container:
        options = "--device=/dev/kfd --device=/dev/dri --group-add video --ipc=host"
        text = "start the container with AMD's devices"
        return fixes.by_hand(text, f"{container} run {options} IMAGE …", scope="container")
    return fixes.by_hand(
        "see whether ROCm finds the GPU, and whether this user may open it (who is not in the groups render and video "
        "joins them, and logs in again); a GPU that rocminfo names and torch does not serve may need "
        "HSA_OVERRIDE_GFX_VERSION",
        "rocminfo | grep -i gfx",
        "id -nG",
        scope="host",
    )
