"""What is true of a build, a GPU, a driver or a Python and easily overlooked: each in a sentence, with its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch_doctor.core.finding import Receipt
from torch_doctor.core.text import listing
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.builds.systems import PythonRelease
from torch_doctor.matrix.law.machine import GpuTraits, Machine
from torch_doctor.matrix.law.search import PUBLISHED, candidates
from torch_doctor.matrix.law.support_end import covers, newest_cuda_major_for
from torch_doctor.matrix.query import driver_of, release_key
from torch_doctor.matrix.rows import ImageRule, LibrarySupport
from torch_doctor.matrix.store import Matrix, receipt, worked_out_once

# A Python that ends within so many months is said to be near its end.
_NEAR = 12


class Notice(NamedTuple):
    """One thing to know, and the rows that say it."""

    text: str
    because: tuple[Receipt, ...]


def python_end(tag: str, matrix: Matrix, *, near: bool = True) -> Notice | None:
    """Say where a Python (cp310) is at its end of life, or *near* it, counted from the day of the matrix."""
    row = _python(tag, matrix)
    if row is None:
        return None
    today, end = matrix.version[:7], row.end_of_life
    if _months(end) - _months(today) > _NEAR:
        return None
    reached = end[:7] < today or (len(end) > 7 and end <= matrix.version[:10])
    if not (near or reached):
        return None
    words = "reached its end of life" if reached else "reaches its end of life"
    because = (receipt("python_releases", row),)
    return Notice(f"Python {row.version} {words} in {end[:7]}: no security fixes follow", because)


def python_of_build(tags: Iterable[str], matrix: Matrix) -> Notice | None:
    """Say where even the newest Python that a build has wheels for is at its end."""
    rows = [row for tag in tags if (row := _python(tag, matrix))]
    if not rows:
        return None
    newest = max(rows, key=lambda row: release_key(row.version))
    found = python_end(f"cp{newest.version.replace('.', '')}", matrix)
    return found and found._replace(
        text=f"of the Pythons with a wheel even the newest ends: {found.text}"
    )


def cudnn_gap(
    cudnn: str | None, cuda: CudaVersion | None, gpu: GpuTraits, matrix: Matrix
) -> Notice | None:
    """Say where a release of cuDNN for *cuda* has no code for a GPU; what is not on record is not said."""
    if not cudnn or cuda is None or gpu.capability is None or gpu.tegra:
        return None
    floors = [row for row in _cudnn_rows(cuda, matrix) if _begins(row) <= release_key(cudnn)]
    least = max(floors, key=lambda row: (_floor(row), _begins(row)), default=None)
    if least is None or gpu.capability >= _floor(least):
        return None
    name = gpu.name.removeprefix("NVIDIA ")
    text = (
        f"cuDNN {cudnn} has code from compute capability {least.min_capability} on, none for {name} "
        f"({gpu.capability}): what needs it, such as a convolution, fails unless torch.backends.cudnn.enabled is False"
    )
    return Notice(text, (receipt("library_support", least),))


def last_with_cudnn(
    gpu: GpuTraits, machine: Machine, matrix: Matrix
) -> tuple[TorchBuild, str] | None:
    """Return the newest build with code for a GPU whose cuDNN is on record as having some, too, and that cuDNN."""
    for row in candidates(machine.wheel_platform or "", matrix):
        cudnn = cudnn_of(row)
        if not cudnn or not row.cuda or row.status != PUBLISHED or not covers(row, gpu, matrix):
            continue
        exact = [
            one
            for one in _cudnn_rows(CudaVersion.parse(row.cuda), matrix)
            if _begins(one) == release_key(cudnn)[:3]
        ]
        if exact and gpu.capability and all(gpu.capability >= _floor(one) for one in exact):
            return row, cudnn
    return None


def cudnn_of(row: TorchBuild) -> str | None:
    """Return the release of cuDNN that a build pins; its packages are named by CUDA major."""
    return next((v for name, v in row.pins if name.startswith(("cudnn", "nvidia-cudnn-cu"))), None)


def cuda_end(machine: Machine, matrix: Matrix) -> Notice | None:
    """Say where the newest torch has no build for any CUDA that a known driver serves: which ones were the last."""
    here, driver = machine.wheel_platform, machine.driver
    if here is None or driver is None or machine.platform == "jetson":
        return None
    major = newest_cuda_major_for(driver.release, matrix, machine.platform or "linux")
    rows = [row for row in candidates(here, matrix) if row.status == PUBLISHED and row.cuda]
    if major is None or not rows:
        return None
    served = [row for row in rows if _major(row) == major]
    if not served or any(_major(row) <= major for row in rows if row.torch == rows[0].torch):
        return None
    last: dict[str, TorchBuild] = {}
    for row in served:  # the newest come first
        last.setdefault(row.variant, row)
    ends = listing([f"{row.torch}+{row.variant}" for row in list(last.values())[:3]])
    floor = next((row for row in matrix.cuda_majors if row.major == major + 1), None)
    needs = ""
    newest = [row for row in rows if row.torch == rows[0].torch]
    gpus = machine.gpus or ()
    if floor and any(all(covers(row, gpu, matrix) for gpu in gpus) for row in newest):
        least = floor.linux_min if here.startswith("linux") else floor.windows_min
        needs = f"; newer torch needs driver {least}"
    text = f"builds for CUDA {major}, the newest that R{driver.release.branch} serves, end with torch {ends}{needs}"
    because = [receipt("torch_builds", row) for row in list(last.values())[:3]]
    return Notice(text, (*because, *([receipt("cuda_majors", floor)] if floor else [])))


def first_listing(gpu: GpuTraits, driver: DriverRelease) -> Notice | None:
    """Say where a GPU's product is listed by newer drivers alone: an older one of its branch may drive it."""
    firsts = [(DriverRelease.parse(row.first_driver), row) for row in gpu.rows if row.first_driver]
    if gpu.listed or not firsts or len(firsts) < len(gpu.rows):
        return None
    first, row = min(firsts, key=lambda one: one[0])
    if driver >= first:
        return None
    name = gpu.name.removeprefix("NVIDIA ")
    text = f"{name} is listed from driver {first} on: whether {driver} drives it is not on record"
    return Notice(text, (receipt("gpus", row),))


def image_gate(
    toolkit: str, driver: DriverRelease, gpus: Iterable[GpuTraits], matrix: Matrix
) -> Notice | None:
    """Say where an image made from NVIDIA's image of *toolkit* asks for a newer driver than CUDA itself does."""
    reports = driver_of(matrix, driver).cuda
    wanted = CudaVersion.parse(".".join(toolkit.split(".")[:2]))
    if reports is None or reports >= wanted:
        return None
    row = next((one for one in matrix.image_requirements if one.toolkit == toolkit), None)
    asks = (
        f"the image is made from nvidia/cuda:{toolkit}, whose NVIDIA_REQUIRE_CUDA asks for a driver that reports "
        f"CUDA {wanted}"
    )
    cure = f"NVIDIA_DISABLE_REQUIRE=1 switches that off, and within CUDA {wanted.major} the driver serves it"
    if row is None:
        because = [receipt("image_rules", rule) for rule in _gate_rules(matrix)]
        return Notice(f"where {asks}, it does not start under {driver}; {cure}", tuple(because))
    from torch_doctor.matrix.images.requirement import gate_of, requirement_of

    gpus = tuple(gpus)
    host = Machine(driver=driver_of(matrix, driver), gpus=gpus)
    if gate_of((requirement_of(row),), host, matrix).passes is not False:
        return None
    geforce = any(gpu.kind in ("consumer", "consumer_laptop") for gpu in gpus)
    passes = row.geforce_branches if geforce else row.branches
    others = f", or a branch such as R{passes[-1]}" if passes else ""
    return Notice(
        f"{asks}{others}: under {driver} it does not start; {cure}",
        (receipt("image_requirements", row),),
    )


def _gate_rules(matrix: Matrix) -> Iterator[ImageRule]:
    return (
        r
        for r in matrix.image_rules
        if r.family == "nvidia-cuda" and "is refused by this check" in r.fact
    )


def _python(tag: str, matrix: Matrix) -> PythonRelease | None:
    version = f"{tag[2:3]}.{tag[3:].rstrip('mt')}" if tag.startswith("cp") else ""
    return next((row for row in matrix.python_releases if row.version == version), None)


def _months(date: str) -> int:
    return int(date[:4]) * 12 + int(date[5:7])


def _cudnn_rows(cuda: CudaVersion, matrix: Matrix) -> Iterator[LibrarySupport]:
    return (row for first, last, row in _of_cudnn(matrix) if first <= cuda.major <= last)


@worked_out_once
def _of_cudnn(matrix: Matrix) -> list[tuple[int, int, LibrarySupport]]:
    """Return the rows that tell which GPUs cuDNN has code for, each with its first and its last CUDA major."""
    rows = []
    for row in matrix.library_support:
        if row.library == "cudnn" and row.min_capability is not None and row.cuda is not None:
            majors = [int(part.partition(".")[0]) for part in row.cuda.split("-")]
            rows.append((majors[0], majors[-1], row))
    return rows


def _begins(row: LibrarySupport) -> tuple[int, ...]:
    """The first release that a row is about: 9.11.0 of ``9.11.0+``."""
    rest = row.versions.lstrip("0123456789.")
    return release_key(row.versions.removesuffix(rest).strip(".") or "0")


def _floor(row: LibrarySupport) -> ComputeCapability:
    return ComputeCapability.parse(row.min_capability or "0.0")


def _major(row: TorchBuild) -> int:
    return CudaVersion.parse(row.cuda or "0.0").major
