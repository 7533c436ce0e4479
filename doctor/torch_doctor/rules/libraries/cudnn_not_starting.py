"""cuDNN does not start.

What it checks
    The error CUDNN_STATUS_NOT_INITIALIZED, how much GPU memory is left, and parts of cuDNN that do not load, whether
    the loader finds another one or none.
Why it matters
    Every convolution fails, while plain kernels run.
How to fix
    Free GPU memory first: cuDNN needs some to start. Otherwise another cuDNN stands in the way of torch's own, or the
    program does not find any: then LD_LIBRARY_PATH names the folder of the major that the program was made for.
References
    https://github.com/pytorch/pytorch/issues/53336
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.core.records import ErrorSeen, Gpu, LibraryFile, Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.libraries import _cudnn
from torch_doctor.rules.libraries._intruder import own_package

_FREE_MEMORY = fixes.by_hand("free GPU memory and try again: cuDNN needs some to start")
_NOT_STARTED = r"CUDNN_STATUS_(?:NOT_INITIALIZED|INTERNAL_ERROR_HOST_ALLOCATION_FAILED)"


@rule("TD761", severity="error", cause="cudnn-incompatible", breaks="cuda", explains=("TD432",))
def check(
    errors: Errors,
    cures: Cures,
    matrix: Matrix,
    gpus: tuple[Gpu, ...] = (),
    packages: tuple[Package, ...] = (),
    torch_version: TorchVersion | None = None,
    torch_cuda: CudaVersion | None = None,
    os_family: str | None = None,
    ld_library_path: str | None = None,
    library_picks: tuple[LibraryFile, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
    remarks: tuple[ErrorSeen, ...] = (),
) -> Iterator[Draft]:
    seen, unloaded = errors.matching(_NOT_STARTED), errors.of("cudnn_not_loaded")
    if not (seen or unloaded):
        return
    full = list(filter(_cudnn.is_full, gpus)) if seen else []
    message, cure = "cuDNN does not start (CUDNN_STATUS_NOT_INITIALIZED)", [_FREE_MEMORY]
    program = None if seen else _cudnn.program_in(unloaded, packages, matrix)
    if not seen:
        message = f"a part of cuDNN does not load: {one_line(unloaded[0].text, 200)}"
        cure = list(_cudnn.that_fits(unloaded, torch_version, matrix, ld_library_path, program))
    if full:
        message += f"; the memory of GPU {full[0].index} is in use: {_cudnn.in_use(full[0])}"
    package, plain = own_package("cudnn", packages), seen or not _cudnn.names_file(unloaded)
    there = _cudnn.majors_of(library_picks, package)
    spec = f"{package.name}=={package.version}" if package else None
    spec = spec or (_cudnn.own_of(torch_version, torch_cuda, matrix) if plain else None)
    own = cures.put("install torch's own cuDNN again", spec) if spec and not full else None
    cure = [cures.torch_again()] if plain and not (own or full or seen) else cure
    system = "windows" if _cudnn.of_windows(unloaded) else os_family
    cure = _cudnn.ordered(cure, own, system, (*errors_seen, *remarks))
    yield finding(
        program if program and torch_version else "libraries", message,
        cause="gpu-busy" if full else _cudnn.cause_of(() if seen else unloaded, there),
        because=errors.receipts("cudnn_not_initialized" if seen else "cudnn_not_loaded"),
        severity=Severity.WARNING if seen and not (gpus or torch_version or there) else None,
        fixes=cure[:1] if full else cure, confidence="high" if full else "medium",
    )  # fmt: skip
