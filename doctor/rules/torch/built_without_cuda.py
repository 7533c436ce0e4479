"""torch was built without CUDA although an NVIDIA GPU is here, or CUDA was asked for.

What it checks
    The installed build is a CPU build, on a host with an NVIDIA GPU or where a program failed for want of CUDA.
Why it matters
    torch.cuda.is_available() is False whatever the driver is: "Torch not compiled with CUDA enabled".
How to fix
    Install a CUDA build from the right index. On Windows, and on aarch64 before 2.11, PyPI's torch is a CPU build;
    conda picks the CPU variant when it sees no driver or when cpuonly is asked for.
References
    https://pytorch.org/get-started/locally/
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.core.fact import Fact, Known
from doctor.core.rule import Draft, finding, rule
from doctor.rules.torch._wishes import wanted

_SAYS_SO = r"Torch not compiled with CUDA enabled"


@rule("TD402", severity="error", cause="cpu-only-torch-build", explains=("TD205", "TD409", "TD410", "TD758"))
def check(
    torch_variant: Fact,
    gpus: Fact,
    cures: object,
    errors: object,
    torch_version=None,
    torch_installer=None,
    torch_origin=None,
    packages=(),
    os_family=None,
    host_arch=None,
    pip_index_url=None,
    required_gpus=None,
    install_commands=(),
    install_indexes=(),
    cuda_available=None,
) -> Iterator[Draft]:
    said = bool(errors.matching(_SAYS_SO))
    cpu = torch_variant.value == "cpu" if isinstance(torch_variant, Known) else said
    known = gpus.value if isinstance(gpus, Known) else None
    asked = wanted(errors, required_gpus, install_commands, install_indexes)
    told_no = known is None and cuda_available is False and gpus.reason.is_answer is False
    if not cpu or os_family == "darwin" or not (known or asked or told_no):
        return
    mutex = any(p.name == "cpuonly" or (p.name == "pytorch-mutex" and p.build == "cpu") for p in packages)
    conda = mutex or torch_installer == "conda" or torch_origin in ("conda-forge", "anaconda")
    message = f"torch {torch_version or ''} is a CPU build".replace("  ", " ")
    why = _why(conda=conda, windows=os_family == "windows", arm=host_arch == "aarch64", index=pip_index_url)
    yield finding(
        "torch",
        f"{message}: {why}" if why else message,
        cause="conda-cpu-build" if conda else None,
        because=errors.receipts("torch_cpu_only") if said else (),
        fixes=cures.another_build(),
    )


def _why(*, conda: bool, windows: bool, arm: bool, index: str | None) -> str:
    if conda:
        return "conda chose the CPU variant"
    if index and index.rstrip("/").endswith("/cpu"):
        return f"pip is configured to use {index}"
    if windows:
        return "on Windows the default index serves CPU builds only"
    return "on aarch64 the default index served CPU builds before torch 2.11" if arm else ""
