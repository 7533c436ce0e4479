"""torch was built without CUDA although an NVIDIA GPU is here.

What it checks
    The installed build is a CPU build, on a host with an NVIDIA GPU.
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

from doctor.core.rule import Draft, finding, rule


@rule("TD402", severity="error", cause="cpu-only-torch-build", explains=("TD409",))
def check(
    torch_variant,
    gpus,
    cures: object,
    torch_version=None,
    torch_installer=None,
    torch_origin=None,
    os_family=None,
    host_arch=None,
    pip_index_url=None,
) -> Iterator[Draft]:
    if torch_variant != "cpu" or not gpus:
        return
    conda = torch_installer == "conda" or torch_origin in ("conda-forge", "anaconda")
    message = f"torch {torch_version or ''} is a CPU build".replace("  ", " ")
    why = _why(conda=conda, windows=os_family == "windows", arm=host_arch == "aarch64", index=pip_index_url)
    yield finding(
        "torch",
        f"{message}: {why}" if why else message,
        cause="conda-cpu-build" if conda else None,
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
