"""What the law of compatibility looks at: a machine and a build, with None for what is not known.

Everything that the matrix knows of them is looked up once, where they are made (from_facts, gpu, build): the law
itself is given rows and what follows from them, and looks nothing up.
"""

from __future__ import annotations

from collections.abc import Iterable

from torch_doctor.core.finding import Receipt
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease, SmTarget
from torch_doctor.matrix.gpus.rows import Architecture, GpuProduct
from torch_doctor.matrix.query import Driver, Floors

# The flavour of a kernel module that is loaded and does not say which it is.
UNREAD = "unread"


class GpuTraits(NamedTuple):
    """One GPU as the law sees it. *listed* says that the running driver itself listed it, so it knows the GPU.

    *rows* are the products that its name means, *architecture* is the row of its capability. *open_modules* is
    required, supported, impossible, or some (its name was lost, and products of its kind need them); *first_driver* and
    *last_driver* (the first release of the last branch) bound the drivers that drive it; *eligible* is yes, no or some:
    whether forward compatibility may be used on it. *instances_unread*: it is in MIG mode, with
    instances or without. *display*: it has no more memory than a card that drives a screen;
    None where that is not known.
    """

    index: int  # type: ignore[assignment]
    name: str
    capability: ComputeCapability | None
    rows: tuple[GpuProduct, ...] = ()
    architecture: Architecture | None = None
    tegra: bool = False
    open_modules: str | None = None
    first_driver: Driver | None = None
    last_driver: Driver | None = None
    eligible: str | None = None
    listed: bool = False
    ran: bool | None = None
    instances_unread: bool = False
    display: bool | None = None
    because: tuple[Receipt, ...] = ()

    @property
    def kind(self) -> str | None:
        """What it is made for (data_center, consumer …), None where its name means products of several kinds."""
        kinds = {row.kind for row in self.rows}
        return kinds.pop() if len(kinds) == 1 else None

    @property
    def last_branch(self) -> int | None:
        """The last driver branch that drives it, None where none ended."""
        return self.last_driver.branch if self.last_driver else None


class Machine(NamedTuple):
    """A host. *platform* is linux, windows, wsl or jetson; *gpus* is None where nobody could look.

    *module_flavour* is open, proprietary or UNREAD; *libcuda_kind* is driver, compat or stub; *driver_reports* is the
    CUDA that libcuda reports. *cuda_available* is what torch.cuda.is_available() returned, when it was asked.
    *python* is the whole version of the Python, such as 3.14.1, where it is known.
    GPUs that a mask certainly hides are not among *gpus*; where nobody can tell which it hides, *mask_open* is the fact
    that would tell it, and programs see at least *shown* of them.
    """

    platform: str | None = "linux"
    arch: str | None = "x86_64"
    driver: Driver | None = None
    driver_reports: CudaVersion | None = None
    libcuda_kind: str | None = None
    libcuda_release: DriverRelease | None = None
    module_flavour: str | None = None
    gpus: tuple[GpuTraits, ...] | None = None
    python_tag: str | None = None
    python: str | None = None
    glibc: tuple[int, ...] | None = None
    cuda_available: bool | None = None
    mask_open: str | None = None
    shown: int = 0

    @property
    def driver_cuda(self) -> CudaVersion | None:
        """The CUDA up to which the driver compiles PTX: what libcuda reports, else what is on record of the driver."""
        if self.driver_reports is None and self.driver is not None:
            return self.driver.cuda
        return self.driver_reports

    @property
    def wheel_platform(self) -> str | None:
        """The platform of the wheels that install here, such as linux-x86_64."""
        if self.platform is None or self.arch is None:
            return None
        system = "windows" if self.platform == "windows" else "linux"
        return f"{system}-{self.arch}"


def ran_everywhere(machine: Machine) -> bool:
    """Return whether a kernel was seen to run on every GPU of a machine that has any."""
    return bool(machine.gpus) and all(gpu.ran for gpu in machine.gpus or ())


def last_driver(gpus: Iterable[GpuTraits]) -> Driver | None:
    """Return the last driver that drives all of *gpus*, None where none of their branches ended."""
    ends = [gpu.last_driver for gpu in gpus if gpu.last_driver]
    return min(ends, key=lambda driver: driver.branch, default=None)


class Build(NamedTuple):
    """A build of torch, as the law looks at it.

    *floors* are the oldest drivers for its CUDA. *targets* are its cubins and PTX, None where not known; *ptx_known*
    says whether the list of PTX targets is complete. *origin* is pytorch, ngc, jetson, conda-forge, source …
    *called* is what words call it where it is no build of torch. *readings* are the lists of targets that sources
    tell, where they differ and *targets* is None.
    """

    torch: str
    variant: str
    cuda: CudaVersion | None
    targets: tuple[SmTarget, ...] | None
    floors: Floors
    ptx_known: bool = True
    platform: str | None = None
    python_tags: tuple[str, ...] | None = None
    glibc: tuple[int, ...] | None = None
    origin: str = "pytorch"
    confidence: str = "high"
    because: tuple[Receipt, ...] = ()
    called: str = ""
    readings: tuple[tuple[SmTarget, ...], ...] = ()

    @property
    def label(self) -> str:
        """The build in words, ``torch 2.8.0+cu128``."""
        if self.called:
            return self.called
        if not self.torch:
            return (
                f"the installed torch ({self.variant})" if self.variant else "the installed torch"
            )
        tag = "" if "+" in self.torch or not self.variant else f"+{self.variant}"
        return f"torch {self.torch}{tag}"
