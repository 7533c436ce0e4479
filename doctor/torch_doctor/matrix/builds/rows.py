"""Rows about builds of torch, companions and features; their tables stand in matrix/rows.py."""

from __future__ import annotations

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.provenance import Provenance


class CompanionTraits(NamedTuple):
    """How a companion hangs together with torch; *feature* is what every GPU must have for it.

    *on_torch_index*: for every variant of torch, some or none (no). *without_runtime* and *without_code*: it fails or
    degrades without the CUDA runtime that it asks for, or code for the GPU; own: it has a CUDA of its own. *cuda* is
    the CUDA major that it is for where its libraries ask the loader for none; *last_capability* the newest that its own
    kernels are for, from release *limited_since* on. *imports*: packages that it imports and does not ask for.
    *systems*: those that its makers name, where nothing else tells. *pins_more*: it pins packages that no row holds.
    *convolves*: it is for models made of convolutions. *nearest_since*: it opens its library for the nearest CUDA of
    the major from here on. *on_use*: nvcc or triton, by which its kernels are compiled when they are first used.
    """

    package: str
    on_torch_index: str
    without_runtime: str
    without_code: str
    feature: str | None
    cuda: int | None
    last_capability: str | None
    limited_since: str | None
    imports: tuple[str, ...] | None
    systems: tuple[str, ...] | None
    pins_more: bool | None
    convolves: bool | None
    nearest_since: str | None
    on_use: str | None
    origin: Provenance


class IndexGap(NamedTuple):
    """A release of a companion that torch's index of one *variant* does not serve, though it serves the package.

    The variant *default* is the package index: it has the release no more.
    """

    package: str
    version: str
    variant: str
    origin: Provenance


class VendorIndex(NamedTuple):
    """An index of a companion's makers that was seen in use for one release and *variant*; its builds were not read."""

    package: str
    version: str
    variant: str
    url: str
    origin: Provenance


class FeatureNeed(NamedTuple):
    """What a feature asks of a build: the first torch that has it, and the systems (linux, wsl, windows), None: all."""

    feature: str
    first_torch: str
    systems: tuple[str, ...] | None
    origin: Provenance


class DynamoPython(NamedTuple):
    """The first Python that torch.compile of a range of torch *refuses*, and whether it takes free-threaded ones."""

    torch: str
    refuses: str
    free_threaded: bool | None
    origin: Provenance


class TritonPtxas(NamedTuple):
    """An assembler in the wheels of a range of triton, used for GPUs from *capability_from* on."""

    triton: str
    capability_from: str
    version: str
    origin: Provenance


class TorchRelease(NamedTuple):
    """A release of torch. *pypi* names the variant that a plain pip install brings, by platform."""

    version: str
    released: str | None
    requires_python: str | None
    git_version: str | None
    pypi: tuple[tuple[str, str], ...]
    origin: Provenance


class TorchBuild(NamedTuple):
    """One published or announced binary: torch version × variant × platform.

    *platform* is linux-x86_64, linux-aarch64 or windows-x86_64. *archs* are the cubin targets and *ptx* the PTX
    targets, None where not recorded; *disputed* are the lists that sources tell of a build that nobody read, where
    they differ. *status* is published, announced or unconfirmed: only published is recommended.
    *index_url* is None where PyPI itself serves it.
    """

    torch: str
    variant: str
    platform: str
    cuda: str | None
    archs: tuple[str, ...] | None
    ptx: tuple[str, ...] | None
    python_tags: tuple[str, ...] | None
    glibc: str | None
    cxx11_abi: bool | None
    index_url: str | None
    on_pypi: bool
    status: str
    toolkit: str | None
    pins: tuple[tuple[str, str], ...]
    disputed: tuple[str, ...]
    origin: Provenance


class CondaBuild(NamedTuple):
    """A build of torch on conda-forge: *archs* and *ptx* are the targets that its recipe compiles for."""

    torch: str
    cuda: str
    platform: str
    archs: tuple[str, ...]
    ptx: tuple[str, ...]
    origin: Provenance


class Companion(NamedTuple):
    """A release of a companion package and the torch it goes with.

    *torch* is a PEP 440 specifier (==2.8.0, >=2.14.0) or None where any torch loads it. *pinned* says whether its
    metadata enforces that.
    """

    package: str
    version: str
    torch: str | None
    pinned: bool
    python_tags: tuple[str, ...] | None
    requires_python: str | None
    released: str | None
    platforms: tuple[str, ...] | None
    origin: Provenance


class CompanionBuild(NamedTuple):
    """One build of a companion as an index serves it: version × platform × ABI, with all that decides where it runs.

    *platform* is linux-x86_64, linux-aarch64, windows-x86_64 or any. *abi* is cpython (for the Pythons of
    *python_tags* alone), abi3 (for that Python and later, none of them free-threaded), none (any Python) or source (to
    be built). *torch* and *pins* are what its metadata asks for, with *extra* where that extra asks for torch or for
    the CUDA libraries; an exact pin is a bare version. *pins_on* names the platforms of a pin that a build for any
    platform makes on some of them alone. *needs* are the CUDA libraries that its modules ask the loader for beyond
    those that it brings along; *cudas* the CUDAs that it has a library of its own for, to open the one of torch's, each
    with the targets of that, empty where they were not measured. *archs* and *ptx* are the targets that at least one of
    its modules was built for, *partial* those that only single kernels have: what it carries, which need not be all
    that it works on. None: not measured. *cxx* is the C++ standard that a source passes to the compiler, ``17``, or
    ``torch`` where it leaves that to torch, or follows it.
    *index_url* is None where the index that pip takes by default serves it.
    """

    package: str
    version: str
    platform: str
    abi: str
    python_tags: tuple[str, ...]
    requires_python: str | None
    torch: str | None
    pins: tuple[tuple[str, str], ...]
    pins_on: tuple[tuple[str, str], ...]
    extra: str | None
    needs: tuple[str, ...] | None
    links_torch: bool | None
    cudas: tuple[tuple[str, str], ...]
    archs: tuple[str, ...] | None
    ptx: tuple[str, ...] | None
    partial: tuple[str, ...] | None
    glibc: str | None
    cxx: str | None
    index_url: str | None
    released: str | None
    origin: Provenance


class SharedLibrary(NamedTuple):
    """A *component* whose packages, ``nvidia-cudnn-cu12``, write the same files for every CUDA major.

    From release *apart_from* on each has a folder of its own; None: they never part.
    """

    component: str
    apart_from: str | None
    origin: Provenance


class ToolkitPackage(NamedTuple):
    """A release of the package cuda-toolkit: *pins* are the releases of NVIDIA's libraries that its extras ask for."""

    version: str
    pins: tuple[tuple[str, str], ...]
    origin: Provenance


class CudaLibrary(NamedTuple):
    """A library that torch is linked to: files begin with *name*, people say *label*, its wheel is of a *component*."""

    name: str
    label: str
    component: str
    origin: Provenance


class LibraryMajor(NamedTuple):
    """The *major* of a *library* that releases of a package are made for, *first* to *last* (None: the newest)."""

    package: str
    library: str
    major: str
    first: str
    last: str | None
    origin: Provenance


class EndOfLine(NamedTuple):
    """A package or channel that ended, and its last version."""

    package: str
    last: str
    origin: Provenance


class NumpyAbi(NamedTuple):
    """Which NumPy a range of torch versions was built to work with."""

    torch: str
    numpy: str
    origin: Provenance


class ExtensionNaming(NamedTuple):
    """A rule about binary extensions (flash-attn, xformers …) and the torch they are built for."""

    package: str
    rule: str
    origin: Provenance


class Extension(NamedTuple):
    """A package with compiled modules of its own; *rank* 1 is the likeliest to be one whose kernels are missing.

    Its modules begin with *module*, None: as it is called itself. *errors* is a pattern of texts that name its kernels
    alone. *bound*: it is linked to torch, so that a build is of one release of it, or of its stable interface.
    *runs_torch*: its name beside a kernel that fails does not say whose that is. *releases* is the page of its makers
    that has wheels, where the package index has none.
    """

    package: str
    rank: int | None
    module: str | None
    errors: str | None
    bound: bool | None
    runs_torch: bool | None
    releases: str | None
    origin: Provenance


class WheelPage(NamedTuple):
    """Where the builds of an extension are listed, to the *last* minor release of torch that has some.

    *address* has {full} or {short} for torch's release and {tag}.
    """

    package: str
    address: str
    last: str | None
    origin: Provenance


class BuildRecipe(NamedTuple):
    """How a package is compiled beside an installed torch: *spec* is what pip is given.

    *settings* are variables that its build asks for, NAME=1, and *forced* those without which it may take a ready-made
    wheel. *targets* is the variable that names the GPUs where it is not TORCH_CUDA_ARCH_LIST, ``none`` where none does.
    """

    package: str
    spec: str
    settings: tuple[str, ...] | None
    forced: tuple[str, ...] | None
    targets: str | None
    origin: Provenance
