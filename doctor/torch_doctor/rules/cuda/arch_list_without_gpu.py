"""TORCH_CUDA_ARCH_LIST leaves out the GPU of this host.

What it checks
    The variable against the capabilities of the GPUs: machine code of the same major and no higher minor, or PTX that
    is no newer, covers a GPU.
Why it matters
    Extensions that are compiled here will have no code for the GPU: error 209, no kernel image is available.
How to fix
    Add the GPU's capability, or unset the variable: torch then builds for the GPUs that it sees.
References
    https://docs.pytorch.org/docs/stable/cpp_extension.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import Gpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import ComputeCapability
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures

_ENTRY = r"(?i)(\d{1,2})\.(\d)[af]?(\+PTX)?"


@rule("TD307", severity="warning", cause="extension-arch-missing")
def check(
    torch_cuda_arch_list: str,
    gpus: tuple[Gpu, ...],
    cures: Cures,
) -> Iterator[Draft]:
    entries = [
        (int(major), int(minor), bool(ptx))
        for major, minor, ptx in (m.groups() for m in re.finditer(_ENTRY, torch_cuda_arch_list))
    ]
    words = re.split(r"[\s;,]+", torch_cuda_arch_list.strip())
    if not entries or any(not re.fullmatch(_ENTRY, word) for word in words if word):
        return  # names of architectures (Ampere, All): torch's builder knows them, this rule does not
    missed = {
        str(gpu.capability): gpu.name
        for gpu in cures.machine.gpus or ()
        if gpu.capability and not _covered(gpu.capability, entries)
    }
    for capability, name in missed.items():
        yield finding(
            "environment",
            f"TORCH_CUDA_ARCH_LIST={torch_cuda_arch_list!r} has no code for {name} ({capability}): "
            "extensions built with it will not run on it",
            fixes=[
                fixes.set_variable("TORCH_CUDA_ARCH_LIST", capability, "extensions then fit"),
                fixes.unset_variable("TORCH_CUDA_ARCH_LIST", "torch builds for the GPUs it sees"),
            ],
        )


def _covered(capability: ComputeCapability, entries: list[tuple[int, int, bool]]) -> bool:
    own = (capability.major, capability.minor)
    return any(
        (major == own[0] and minor <= own[1]) or (ptx and (major, minor) <= own)
        for major, minor, ptx in entries
    )
