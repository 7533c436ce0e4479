"""WSL has its libcuda, and the loader does not find it.

What it checks
    Under WSL: libcuda.so.1 of /usr/lib/wsl/lib on the loader's path.
Why it matters
    WSL puts the driver of Windows there and names the directory in ld.so.conf.d; where that line is
    lost, torch finds no driver.
How to fix
    Name the directory again.
References
    https://docs.nvidia.com/cuda/wsl-user-guide/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Reason, Unavailable
from torch_doctor.core.observed import cuda_started
from torch_doctor.core.records import KernelResult, LibraryFile
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import Any
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_NONE_FOUND = r"found no nvidia driver on your system"
# bitsandbytes looks for the driver by its link name, which WSL has in the same directory.
_BY_LINK_NAME = r"libcuda\.so not found! Do you have a CUDA driver installed"
_DIRECTORY = "/usr/lib/wsl/lib"


@rule("TD651", severity="error", cause="wsl", breaks="driver", explains=("TD657",), about=("wsl",))
def check(
    wsl: bool,
    libcuda: Fact[Any],
    libcuda_copies: tuple[LibraryFile, ...] = (),
    container: str | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    cuda_available: bool | None = None,
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if not wsl or container or cuda_started(kernel_results, cuda_available):
        return
    absent = isinstance(libcuda, Unavailable) and libcuda.reason is Reason.NOT_PRESENT
    asked = not isinstance(libcuda, Unavailable) or libcuda.reason is not Reason.NOT_ASKED
    there = any(copy.path.startswith(_DIRECTORY) for copy in libcuda_copies)
    missing = errors.of("libcuda_missing") or errors.matching(_BY_LINK_NAME)
    unseen = not asked and bool(missing)
    # torch words a libcuda that the loader does not find as a driver that is not there
    unseen = unseen or (not asked and there and bool(errors.matching(_NONE_FOUND)))
    if not (absent or unseen):
        return
    configure = fixes.by_hand(
        f"put {_DIRECTORY} on the loader's path",
        f"echo {_DIRECTORY} | sudo tee /etc/ld.so.conf.d/ld.wsl.conf && sudo ldconfig",
        scope="host",
        root=True,
    )
    driver = fixes.by_hand(
        "update the NVIDIA driver of Windows and WSL itself, then restart WSL",
        "wsl.exe --update",
        "wsl.exe --shutdown",
        scope="host",
        root=True,
    )
    message = f"libcuda.so.1 of {_DIRECTORY} is not on the loader's path"
    if absent and not there:
        message = f"WSL has no libcuda.so.1 on the loader's path, and none is in {_DIRECTORY}"
    yield finding(
        "driver", message, fixes=[configure, driver] if there or unseen else [driver, configure]
    )
