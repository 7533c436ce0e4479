"""torch was built without CUDA although an NVIDIA GPU is here, or CUDA was asked for.

What it checks
    A CPU build on a host with an NVIDIA GPU, or where a program failed for lack of CUDA; in a report, also by itself.
Why it matters
    torch.cuda.is_available() is False whatever the driver is.
How to fix
    Install a CUDA build: PyPI's is for the CPU on Windows, as on aarch64 before 2.11; conda's where it sees no driver.
References
    https://pytorch.org/get-started/locally/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact
from torch_doctor.core.finding import Severity
from torch_doctor.core.records import Gpu, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import DriverRelease, TorchVersion, expects_cpu
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.torch import _wishes as wishes

# A CPU build loads no library of CUDA: a torch that lacks one of these symbols is another torch.
_OF_CUDA = r"__?nvJitLink|nccl[A-Z]"


@rule(
    "TD402",
    severity="error",
    cause="cpu-only-torch-build",
    breaks=("cuda", "gpus"),
    explains=("TD410", "TD503", "TD758"),
)
def check(
    torch_variant: Fact[str],
    gpus: Fact[tuple[Gpu, ...]],
    cures: Cures,
    matrix: Matrix,
    torch_version: TorchVersion | None = None,
    torch_installer: str | None = None,
    torch_origin: str | None = None,
    packages: tuple[Package, ...] = (),
    os_family: str | None = None,
    host_arch: str | None = None,
    pip_index_url: str | None = None,
    required_gpus: int | None = None,
    required_builds: tuple[str, ...] = (),
    install_commands: tuple[str, ...] = (),
    install_indexes: tuple[str, ...] = (),
    cuda_available: bool | None = None,
    gpu_wanted: bool | None = None,
    pci_gpus: tuple[object, ...] | None = None,
    other_gpus: tuple[str, ...] = (),
    driver_release: DriverRelease | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    denied = bool(errors.of("torch_cpu_only"))
    chosen = os_family == "darwin" or (not required_gpus and expects_cpu(required_builds))
    chosen = chosen or wishes.is_elsewhere(gpus, driver_release, other_gpus, matrix)
    if chosen or not wishes.is_cpu(torch_variant, torch_version, denied=denied):
        return
    asked = wishes.wanted(errors, required_gpus, install_commands, install_indexes)
    asked = asked or ("words" if gpu_wanted and wishes.unseen(gpus) else None)
    meant = wishes.is_reported(gpus, asked, driver_release, pci_gpus)
    if not (meant or asked or wishes.tells_of_build(gpus, cuda_available, wanted=gpu_wanted)):
        return
    conda = wishes.by_conda(packages, torch_installer, torch_origin)
    yield finding(
        "torch", wishes.in_words(torch_version, os_family, host_arch, pip_index_url, conda=conda),
        cause="conda-cpu-build" if conda else None, because=errors.receipts("torch_cpu_only" if denied else ""),
        severity=Severity.WARNING if errors.undefined(_OF_CUDA) or not meant else None,
        fixes=wishes.cures_of(torch_origin, packages, cures),
    )  # fmt: skip
