"""torch was installed from the default index, which serves CPU builds for this platform.

What it checks
    Install commands that name no index, on Windows or aarch64, where torch says that CUDA is not available and
    nothing names the installed build.
Why it matters
    PyPI's torch is a CPU build on Windows, and was one on aarch64 before torch 2.11.
How to fix
    Install torch from an index of download.pytorch.org that names a CUDA.
References
    https://pytorch.org/get-started/locally/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known
from torch_doctor.core.records import Gpu, PciGpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.builds.systems import index_of
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.torch._others import on_intel

_INTEL = r"\bintel\b|\barc\b|\biris\b|\bu?hd graphics\b"
_INSTALLS = r"\buvx\b|\b(?:pip3?|uv|pipx|poetry)\b.*\b(?:install|add|sync|run)\b"


@rule("TD410", severity="error", cause="cpu-only-torch-build", breaks="cuda")
def check(
    cuda_available: bool,
    install_commands: tuple[str, ...],
    torch_variant: Fact[str],
    cures: Cures,
    matrix: Matrix,
    os_family: str | None = None,
    host_arch: str | None = None,
    install_indexes: tuple[str, ...] = (),
    jetson: str | None = None,
    other_gpus: tuple[str, ...] = (),
    gpus: tuple[Gpu, ...] = (),
    pci_gpus: tuple[PciGpu, ...] = (),
) -> Iterator[Draft]:
    named = any(
        re.search(r"/(?:cu\d+|rocm|xpu)", text) for text in (*install_indexes, *install_commands)
    )
    own = [text for text in install_commands if re.search(_INSTALLS, text)]
    platform = (
        "Windows" if os_family == "windows" else "aarch64" if host_arch == "aarch64" else None
    )
    if cuda_available or named or not own or platform is None or jetson:
        return
    others = () if gpus or pci_gpus else other_gpus
    intel = [name for name in others if re.search(_INTEL, name, re.IGNORECASE)]
    if isinstance(torch_variant, Known) or len(others) > len(intel):
        return  # known, or another rule speaks of the GPU: a build for CUDA sees none of another maker's
    message = f"torch came from the default index, which serves CPU builds for {platform}"
    cure = (
        on_intel(intel, matrix)
        if intel
        else cures.another_build() or [fixes.by_hand(f"add --index-url {index_of('cu128')}")]
    )
    yield finding("torch", message, fixes=cure, confidence="medium")
