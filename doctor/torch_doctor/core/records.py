"""Small records that facts are made of. None in a field means that this one field could not be read."""

from __future__ import annotations

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease, SmTarget


class MigDevice(NamedTuple):
    """One MIG instance of a GPU."""

    profile: str
    uuid: str | None = None
    memory_mib: int | None = None


class Gpu(NamedTuple):
    """One NVIDIA GPU as the driver or a report names it. *faults* are the getters that failed and why.

    *ecc_uncorrected* counts since the driver was loaded, *ecc_uncorrected_lifetime* since the board was made.
    *processes* are the compute processes that the driver lists on it. *mig_devices* is None where they could not
    be read, which is not none.
    """

    index: int  # type: ignore[assignment]
    name: str | None = None
    compute_capability: ComputeCapability | None = None
    bus_id: str | None = None
    uuid: str | None = None
    memory_mib: int | None = None
    memory_used_mib: int | None = None
    mig_mode: bool | None = None
    mig_devices: tuple[MigDevice, ...] | None = ()
    ecc_mode: bool | None = None
    ecc_uncorrected: int | None = None
    ecc_uncorrected_lifetime: int | None = None
    rows_remapped: int | None = None
    row_remap_pending: bool | None = None
    row_remap_failed: bool | None = None
    pages_retired_pending: bool | None = None
    compute_mode: str | None = None
    persistence: bool | None = None
    throttle_reasons: tuple[str, ...] = ()
    fabric_state: str | None = None
    driver_model: str | None = None
    lost: bool = False
    faults: tuple[str, ...] = ()
    processes: int | None = None


class PciGpu(NamedTuple):
    """An NVIDIA display or 3D device on the PCI bus. *driver* is the kernel driver that holds it, if any."""

    address: str
    device_id: str
    driver: str | None = None
    vendor_id: str = "10de"
    subsystem: str | None = None


class KernelModule(NamedTuple):
    """The loaded NVIDIA kernel module; *flavour* is ``open`` or ``proprietary``."""

    release: DriverRelease
    flavour: str | None = None


class DeviceNode(NamedTuple):
    """A device file under /dev and whether this user may open it."""

    path: str
    readable: bool
    writable: bool


class ApiStatus(NamedTuple):
    """What an NVIDIA library answered: 0 is success, *name* is the field's own constant."""

    code: int
    name: str
    message: str = ""


class LibraryFile(NamedTuple):
    """A shared library on disk. *kind* is driver, compat, stub, wheel, toolkit, conda or system."""

    path: str
    kind: str
    version: str | None = None
    found_via: str | None = None


class LoadedLibrary(NamedTuple):
    """A library that the live process really had mapped."""

    name: str
    path: str
    version: str | None = None


# The build of a package whose version is what it prints of itself: that one names none.
UNKNOWN_BUILD = "not told"


class Package(NamedTuple):
    """An installed distribution: *location* is its site directory, *build* conda's string or UNKNOWN_BUILD."""

    name: str
    version: str
    installer: str | None = None
    location: str | None = None
    build: str | None = None


class TorchCopy(NamedTuple):
    """A torch package on the search path, in search order."""

    path: str
    version: str | None
    cuda: CudaVersion | None = None


class Toolkit(NamedTuple):
    """A CUDA toolkit on disk; *found_via* is PATH, CUDA_HOME, /usr/local …"""

    path: str
    cuda: CudaVersion | None
    has_nvcc: bool
    found_via: str


class StageResult(NamedTuple):
    """One stage of the live check; *gpu* is the index that torch gives the device."""

    stage: str
    ok: bool
    seconds: float
    gpu: int | None = None
    error: str | None = None


class KernelResult(NamedTuple):
    """Whether a kernel ran on one device, as torch numbers devices."""

    index: int  # type: ignore[assignment]
    ok: bool
    name: str | None = None
    compute_capability: ComputeCapability | None = None
    uuid: str | None = None
    error: str | None = None


class ProofStep(NamedTuple):
    """One step of the driver proof; *gpu* is CUDA's own number of the device.

    *of* is whose code or which library it is about (torch, flash-attn, cublas …). *call* is the function that answered
    *code*, which its library names *name*. Of containers of GPU code, *taken* of *tried* were loaded. *cut* is
    where the child ended or hung in this step.
    """

    step: str
    ok: bool
    seconds: float
    gpu: int | None = None
    of: str | None = None
    code: int | None = None
    name: str | None = None
    call: str | None = None
    error: str | None = None
    taken: int | None = None
    tried: int | None = None
    version: str | None = None
    cut: bool = False


class ErrorSeen(NamedTuple):
    """An error text that was observed or pasted; *code* is the CUDA or NVML error number in it."""

    text: str
    signature: str | None = None
    code: int | None = None
    line: int | None = None


class KernelEvent(NamedTuple):
    """A line of the kernel log about a GPU; *xid* is its Xid number."""

    text: str
    xid: int | None = None
    bus_id: str | None = None


# Why a build was not found by an installer that says so of the indexes it asked, whatever the Python.
NOT_WHERE_ASKED = "no index that was asked has it"
WITHOUT_ITS_TAG = "a package beside it asks for it without the tag of its index, and this solver tells the two apart"


class UnresolvedRequirement(NamedTuple):
    """A requirement that an installer could not satisfy. *offered* is empty where it said that nothing matched."""

    requirement: str
    offered: tuple[str, ...] | None = None
    index: str | None = None  # type: ignore[assignment]
    reason: str | None = None
    line: int | None = None


class ImportFailure(NamedTuple):
    """A library that the loader refused: *missing* is the file it needed, *symbol* what nobody defined."""

    module: str | None
    missing: str | None = None
    symbol: str | None = None
    version: str | None = None
    line: int | None = None


class ExtensionBuild(NamedTuple):
    """What a compiled extension was built with; *without_cuda* where it has no CUDA code at all."""

    name: str
    cuda: CudaVersion | None = None
    arch_list: tuple[SmTarget, ...] = ()
    without_cuda: bool | None = None
    torch: str | None = None


class GpuLink(NamedTuple):
    """How two GPUs are joined, and the *rate* of a copy in GB/s.

    *way* is NVLink (``NV18``: so many links), a place of PCIe (``PIX``, ``PXB``, ``PHB``, ``NODE``, ``SYS``, as
    nvidia-smi topo names them) or, of a copy, ``direct`` or ``host``.
    """

    a: int
    b: int
    way: str
    rate: float | None = None


class DeepResult(NamedTuple):
    """One stage of the deep check. *status* is ok, wrong, failed, memory, hung, crashed or skipped.

    *value* in *unit* is what was measured, *limit* the most that the link or the host could give. *busy* says whether
    something else was computing on the GPU, *throttle_reasons* why its clocks were held down while the stage ran.
    *links* are the ways between GPUs that the stage found or took.
    """

    stage: str
    status: str
    seconds: float
    gpu: int | None = None
    value: float | None = None
    unit: str | None = None
    limit: float | None = None
    error: str | None = None
    detail: str | None = None
    throttle_reasons: tuple[str, ...] = ()
    busy: bool | None = None
    links: tuple[GpuLink, ...] = ()


class Mirror(NamedTuple):
    """What stands in for a place that packages or images come from, and who names it.

    *of* is the address that is replaced (``https://download.pytorch.org/whl``), a tag of it (``cu128``) or a registry
    (``docker.io``); *at* is where to go instead.
    """

    of: str
    at: str
    by: str
