"""A Python of Nix does not find WSL's libcuda.

What it checks
    Under WSL: torch of Nix that finds no GPU, where LD_LIBRARY_PATH does not name /usr/lib/wsl/lib.
Why it matters
    Nix's torch looks for libcuda in /run/opengl-driver/lib, which NixOS alone has, and its loader does not read the
    ld.so.conf of the distribution.
How to fix
    Name the directory in LD_LIBRARY_PATH.
References
    https://docs.nvidia.com/cuda/wsl-user-guide/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, UndecidedError, finding, rule
from torch_doctor.fixes import actions as fixes

_DIRECTORY = "/usr/lib/wsl/lib"


@rule("TD660", severity="error", cause="wsl", breaks="driver", explains=("TD657",), about=("wsl",))
def check(
    wsl: bool,
    project_manager: str,
    ld_library_path: Fact[str],
    torch_variant: str | None = None,
    container: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
) -> Iterator[Draft]:
    unseen = cuda_available is False and not cuda_started(kernel_results)
    if not wsl or container or project_manager != "nix" or torch_variant == "cpu" or not unseen:
        return
    if _DIRECTORY in ld_library_path.or_else(""):
        return
    if ld_library_path.lost:
        raise UndecidedError("ld_library_path")
    message = f"a Python of Nix looks for libcuda in /run/opengl-driver/lib, not in {_DIRECTORY}"
    cure = fixes.set_variable(
        "LD_LIBRARY_PATH", _DIRECTORY, "libcuda of the driver of Windows is there"
    )
    yield finding("driver", message, fixes=[cure], confidence="medium")
