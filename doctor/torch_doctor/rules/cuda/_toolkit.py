"""How to get the toolkit of torch's CUDA, which compiles extensions. Shared by the rules of this folder."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Action
from torch_doctor.fixes import actions as fixes


def cures_of(wanted: object, system: str | None, *, isolated: bool) -> Iterator[Action]:
    """Return what helps: in isolation the torch is the wrong one; otherwise the toolkit is."""
    if isolated:
        own = "build against the installed torch instead of the one that pip brings for the build"
        yield fixes.by_hand(own, "python -m pip install --no-build-isolation PACKAGE")
        return
    major = str(wanted).partition(".")[0]
    package = "nvidia-cuda-nvcc-cu12" if major == "12" else f"cuda-nvcc={wanted}"
    home = f"/usr/local/cuda-{wanted}"
    how = f"pip and conda have it: {package}"
    if system == "windows":
        home = rf"C:\Program Files\NVIDIA GPU Computing Toolkit\CUDA\v{wanted}"
        how = f"NVIDIA's installer of the CUDA {wanted} toolkit for Windows"
    yield fixes.by_hand(f"install nvcc of CUDA {wanted} ({how})")
    yield fixes.set_variable("CUDA_HOME", home, "the toolkit of torch's CUDA")
