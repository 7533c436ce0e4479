"""What a feature asks of a build beside the GPU: of torch, Python, the system, triton's assembler and the driver."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Receipt
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease, allows
from torch_doctor.matrix.builds.query import builds_of
from torch_doctor.matrix.builds.rows import CompanionBuild, DynamoPython, TorchBuild, TritonPtxas
from torch_doctor.matrix.law.driver import reaches
from torch_doctor.matrix.law.machine import GpuTraits, Machine
from torch_doctor.matrix.query import architecture_of, driver_floor, release_key
from torch_doctor.matrix.store import Matrix, receipt

# Features whose kernels triton compiles while the program runs.
COMPILED = frozenset({"compile", "triton"})
# triton's own wheels are for Linux; its builds for Windows are another project's.
_WINDOWS = "triton-windows"


class Lack(NamedTuple):
    """Why a feature does not work with a build; *decided* is False where it may."""

    message: str
    because: tuple[Receipt, ...]
    decided: bool = True


def lacks(feature: str, torch: str, machine: Machine, matrix: Matrix) -> Iterator[Lack]:
    """Yield what a build of *torch* lacks for *feature* on *machine*; what its GPUs can do is asked elsewhere."""
    for need in matrix.feature_needs:
        if need.feature != feature:
            continue
        because = (receipt("feature_needs", need),)
        if release_key(torch) < release_key(need.first_torch):
            yield Lack(f"{feature} came with torch {need.first_torch}", because)
        if need.systems is not None and machine.platform not in need.systems:
            yield Lack(f"torch for {machine.platform} has no {feature}", because)
    if feature == "compile":
        yield from _dynamo(torch, machine, matrix)
    if feature in COMPILED:
        yield from _triton(feature, torch, machine, matrix)


def refused_python(torch: str, matrix: Matrix) -> DynamoPython | None:
    """Return which Python torch.compile of *torch* refuses first, None where that is not on record."""
    return next((row for row in matrix.dynamo_pythons if allows(row.torch, torch)), None)


def triton_of(torch: str, matrix: Matrix) -> str | None:
    """Return the triton that builds of *torch* pin, ``3.8``: those for Windows pin none, and need the same."""
    for row in matrix.select(TorchBuild, torch=torch):
        pin = dict(row.pins).get("triton")
        if pin:
            return ".".join(pin.lstrip("~=>").split(".")[:2])
    return None


def assembler(triton: str, gpu: GpuTraits, matrix: Matrix) -> TritonPtxas | None:
    """Return the assembler that *triton* uses for a GPU, None where it is not on record."""
    if gpu.capability is None:
        return None
    rows = [row for row in matrix.triton_ptxas if allows(row.triton, f"{triton}.0")]
    used = [r for r in rows if ComputeCapability.parse(r.capability_from) <= gpu.capability]
    return max(used, key=lambda r: ComputeCapability.parse(r.capability_from), default=None)


def least_driver(torch: str, machine: Machine, matrix: Matrix) -> DriverRelease | None:
    """Return the oldest driver that loads what triton of *torch* compiles for the GPUs; None where not on record."""
    triton = triton_of(torch, matrix)
    floors = []
    for gpu in machine.gpus or ():
        tool = assembler(triton, gpu, matrix) if triton else None
        floor = tool and driver_floor(matrix, _cuda(tool), machine.platform or "linux")
        floors += [floor.driver] if floor else []
    return max(floors, default=None)


def _dynamo(torch: str, machine: Machine, matrix: Matrix) -> Iterator[Lack]:
    row = refused_python(torch, matrix)
    tag = machine.python_tag
    if row is None or tag is None or not tag.startswith("cp3"):
        return
    if int(tag[3:].rstrip("mt")) >= int(row.refuses.split(".")[1]):
        message = f"torch.compile of torch {torch} refuses Python {row.refuses} and newer"
        yield Lack(message, (receipt("dynamo_pythons", row),))
    elif tag.endswith("t") and row.free_threaded is False:
        message = f"torch.compile of torch {torch} refuses free-threaded Pythons"
        yield Lack(message, (receipt("dynamo_pythons", row),))


def _triton(feature: str, torch: str, machine: Machine, matrix: Matrix) -> Iterator[Lack]:
    triton = triton_of(torch, matrix)
    if machine.platform == "windows":
        yield from _on_windows(feature, torch, triton, matrix)
    for gpu in machine.gpus or ():
        tool = assembler(triton, gpu, matrix) if triton else None
        arch = architecture_of(matrix, gpu.capability) if gpu.capability else None
        if gpu.capability is None:
            continue
        if tool is None:
            which = f"triton {triton}" if triton else f"the triton of torch {torch}"
            yield Lack(f"which ptxas {which} uses is not on record", gpu.because, decided=False)
            continue
        what = f"the ptxas {tool.version} that triton {triton} uses for {gpu.name}"
        because = (receipt("triton_ptxas", tool), *gpu.because)
        cuda = _cuda(tool)
        if arch is not None and cuda < CudaVersion.parse(arch.first_cuda):
            known = f"CUDA {arch.first_cuda} is the first that knows {gpu.capability.sm}"
            yield Lack(f"{what} does not know it: {known}", because)
        floor = driver_floor(matrix, cuda, machine.platform or "linux")
        driver = machine.driver
        if driver is not None and floor is not None and reaches(driver, floor.driver) is False:
            # A driver of the major before may take code of the next one, and may not.
            decided = cuda.major < 13
            cannot = "cannot load" if decided else "may not load"
            yield Lack(
                f"driver {driver} {cannot} what {what} makes: that needs {floor.driver}",
                because,
                decided,
            )


def triton_for_windows(torch: str, matrix: Matrix) -> CompanionBuild | None:
    """Return the newest build of the package that has the triton of *torch* for Windows, None where none is known."""
    triton = triton_of(torch, matrix)
    rows = [r for r in builds_of(matrix, _WINDOWS) if r.version.startswith(f"{triton}.")]
    return max(rows, key=lambda row: row.released or "", default=None)


def other_triton(package: str, version: str, torch: str, matrix: Matrix) -> str | None:
    """Return the triton of *torch* where a release of the package for Windows has another one, ``3.9``."""
    triton = triton_of(torch, matrix) if package == _WINDOWS else None
    return triton if triton and not version.startswith(f"{triton}.") else None


def _on_windows(feature: str, torch: str, triton: str | None, matrix: Matrix) -> Iterator[Lack]:
    if triton_for_windows(torch, matrix) is None:
        rows = builds_of(matrix, _WINDOWS)
        because = tuple(receipt("companion_builds", row) for row in rows[-1:])
        which = f" {triton}" if triton else ""
        message = (
            f"{feature} needs triton-windows{which} beside torch {torch}, which is not on record"
        )
        yield Lack(message, because)


def _cuda(tool: TritonPtxas) -> CudaVersion:
    return CudaVersion.parse(".".join(tool.version.split(".")[:2]))
