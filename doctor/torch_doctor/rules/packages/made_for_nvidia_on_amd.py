"""A package with kernels for NVIDIA's GPUs is imported on a machine with one of AMD's.

What it checks
    An import of a compiled package that ends at a library of NVIDIA's driver or of CUDA, beside a GPU of AMD's or a
    torch for ROCm.
Why it matters
    These libraries come with NVIDIA's driver, which does nothing for the GPU here: the package is the wrong build.
How to fix
    Install the package's build for ROCm, build it for ROCm, or leave it out.
References
    https://rocm.docs.amd.com/projects/install-on-linux/en/latest/install/3rd-party/pytorch-install.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Gpu, PciGpu
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.matrix.topics.extensions import distribution_of, failing_in

_OF_NVIDIA = r"lib(?:cuda|cudart|cublas(?:Lt)?|nvrtc|cudnn|nccl)\.so[\d.]*"


@rule(
    "TD536",
    severity="error",
    cause="rocm-vs-cuda",
    breaks="driver",
    explains=("TD120", "TD144", "TD758", "TD767"),
    about=("errors",),
)
def check(
    errors: Errors,
    matrix: Matrix,
    torch_variant: str | None = None,
    other_gpus: tuple[str, ...] = (),
    gpus: tuple[Gpu, ...] = (),
    pci_gpus: tuple[PciGpu, ...] = (),
    traceback_packages: tuple[str, ...] = (),
) -> Iterator[Draft]:
    amd = torch_variant == "rocm" or any("AMD" in name or "ROCm" in name for name in other_gpus)
    lacking = errors.missing(_OF_NVIDIA)
    if not amd or not lacking or gpus or pci_gpus or torch_variant == "cuda":
        return
    package = distribution_of(lacking[0].module, matrix, traceback_packages) or failing_in(
        traceback_packages, matrix
    )
    who = package or "the package that asks for it"
    text = (
        f"install the build of {who} for ROCm, or an image of its makers for ROCm; where there is none, build it for "
        "ROCm or leave it out, and uninstall the one for CUDA"
    )
    message = f"{who} is a build for CUDA: it asks for {lacking[0].missing}, and the GPU is AMD's"
    yield finding("extensions", message, fixes=[fixes.by_hand(text)], confidence="medium")
