"""How to get the toolkit of torch's CUDA, which compiles extensions. Shared by the rules of this folder."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.records import Toolkit
from torch_doctor.fixes import actions as fixes


def cures_of(
    wanted: object, system: str | None, toolkits: tuple[Toolkit, ...], *, isolated: bool
) -> Iterator[Action]:
    """Return what helps: in isolation the torch is the wrong one; otherwise the toolkit is, which may be there."""
    if isolated:
        own = "build against the installed torch instead of the one that pip brings for the build"
        yield fixes.by_hand(own, "python -m pip install --no-build-isolation PACKAGE")
        return
    why = "the toolkit of torch's CUDA"
    there = next(
        (kit.path for kit in toolkits if kit.has_nvcc and str(kit.cuda) == str(wanted)), None
    )
    if there is not None:
        yield fixes.set_variable("CUDA_HOME", there, why)
        return
    home = f"/usr/local/cuda-{wanted}"
    if system == "windows":
        home = rf"C:\Program Files\NVIDIA GPU Computing Toolkit\CUDA\v{wanted}"
    yield fixes.install_toolkit(wanted)
    yield fixes.set_variable("CUDA_HOME", home, why)
