"""The rows of the matrix. One row is one claim; its types are the schema; its last field is the receipt.

Versions are kept as the text of the YAML, where they are strings. A field that may be None says that the fact is
not recorded: the queries then answer "unknown".
"""

from __future__ import annotations

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.typed import TYPE_CHECKING
from torch_doctor.matrix.builds import rows as of_builds
from torch_doctor.matrix.gpus.rows import CloudInstance
from torch_doctor.matrix.provenance import Provenance

if TYPE_CHECKING:
    from torch_doctor.core.typed import Protocol

    class Row(Protocol):
        """A row of some table, where it does not matter of which."""

        @property
        def origin(self) -> Provenance:
            """Where the row is from."""


class CudaMajor(NamedTuple):
    """The oldest driver on which machine code of any toolkit of this major runs (minor-version compatibility)."""

    major: int
    linux_min: str
    windows_min: str
    origin: Provenance


class CudaToolkit(NamedTuple):
    """A released toolkit and the driver released with it, which lifts every limit of minor-version compatibility."""

    version: str
    label: str | None
    driver_linux: str | None
    driver_windows: str | None
    driver_branch: int | None
    released: str | None
    origin: Provenance


class DriverBranch(NamedTuple):
    """A driver branch: what its libcuda reports, its first and last release and its end of life."""

    branch: int
    cuda: str
    kind: str | None
    first: str | None
    last_linux: str | None
    last_windows: str | None
    released: str | None
    end_of_life: str | None
    origin: Provenance


class Architecture(NamedTuple):
    """A compute capability: the toolkits that compile for it and the driver branches that drive it.

    *open_modules* is required, supported, impossible or varies (the GPU's own row decides).
    """

    capability: str
    name: str
    first_cuda: str
    last_cuda: str | None
    first_branch: int | None
    last_branch: int | None
    open_modules: str | None
    tegra: bool
    origin: Provenance


class Feature(NamedTuple):
    """The lowest compute capability (or the exact set of targets) that a feature needs."""

    feature: str
    min_capability: str | None
    only: tuple[str, ...]
    origin: Provenance


class GpuProduct(NamedTuple):
    """A product by the name that the driver reports. More than one capability: the name is sold on different chips.

    *kind* is data_center, consumer, consumer_laptop, workstation, workstation_laptop, jetson, embedded …
    """

    name: str
    capabilities: tuple[str, ...]
    architecture: str
    chips: tuple[str, ...]
    kind: str
    memory_gb: tuple[int, ...]
    pci_ids: tuple[str, ...]
    open_modules: str | None
    first_driver: str | None
    last_branch: int | None
    origin: Provenance


class GpuAlias(NamedTuple):
    """What people type and which products it means.

    *ambiguity* is none, form (variants of one product that are judged alike), product or architecture; the last two
    need the user to choose.
    """

    alias: str
    names: tuple[str, ...]
    ambiguity: str
    origin: Provenance


class GpuRate(NamedTuple):
    """What a product can do at most, without sparsity: TFLOP/s of matrix products in *kind*, GB/s for memory.

    *kind* is fp32, tf32, bf16, fp16, fp8 (both with fp32 accumulation, as torch computes) or memory.
    """

    name: str
    kind: str
    peak: str
    origin: Provenance


class CompatPackage(NamedTuple):
    """Whether cuda-compat for *cuda* may be used over a driver of *base_branch*: usable, same or unsupported."""

    cuda: str
    base_branch: int
    status: str
    origin: Provenance


class CompatHardware(NamedTuple):
    """Whether a kind of GPU is eligible for forward compatibility: yes, no or some."""

    kind: str
    eligible: str
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
    targets, None where not recorded. *status* is published, announced or unconfirmed: only published is recommended.
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
    be built). *torch* and *pins* are what its metadata asks for, with *extra* where that extra asks for the CUDA
    libraries; an exact pin is a bare version. *needs* are the CUDA libraries that its modules ask the loader for beyond
    those that it brings along. *archs* and *ptx* are the targets that at least one of its modules was built for,
    *partial* those that only single kernels have: what it carries, which need not be all that it works on. None: not
    measured.
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
    extra: str | None
    needs: tuple[str, ...] | None
    links_torch: bool | None
    archs: tuple[str, ...] | None
    ptx: tuple[str, ...] | None
    partial: tuple[str, ...] | None
    glibc: str | None
    index_url: str | None
    released: str | None
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


class Image(NamedTuple):
    """A container image tag. *status* is confirmed, expected, unconfirmed or absent (known not to exist).

    *nearest* are real tags to use instead of an absent one. *kind* is runtime, devel, base or framework.
    """

    reference: str
    family: str
    torch: str | None
    cuda: str | None
    cudnn: str | None
    python: str | None
    os: str | None
    arch: tuple[str, ...]
    kind: str
    status: str
    min_driver: str | None
    nearest: tuple[str, ...]
    origin: Provenance


class ImageRule(NamedTuple):
    """A fact about how a family of images is named, built or retired."""

    family: str
    fact: str
    origin: Provenance


class LibrarySupport(NamedTuple):
    """Driver floors and capabilities of a cuDNN or NCCL release range."""

    library: str
    versions: str
    cuda: str | None
    min_driver_linux: str | None
    min_driver_windows: str | None
    capabilities: str | None
    origin: Provenance


class LibraryRange(NamedTuple):
    """First and last version of a library package on PyPI."""

    package: str
    first: str
    last: str
    origin: Provenance


class LibrarySymbol(NamedTuple):
    """A symbol and the first library version that exports it; one that misses it was replaced by an older copy."""

    library: str
    symbol: str
    first: str
    needed_by: str | None
    origin: Provenance


class LibraryPackage(NamedTuple):
    """What brings a library (a pattern of file names) that torch's own packages do not; {major} is that of CUDA."""

    library: str
    apt: str | None
    pip: str | None
    origin: Provenance


class Signature(NamedTuple):
    """An error text that users see. *patterns* are regular expressions; *code* is the CUDA error number.

    *causes* are (slug, what it is, what tells it from the others); the slug is empty where no cause of the list fits.
    *harmless* says why the text by itself is nothing against the GPU; without it, the text proves a failure.
    """

    id: str
    layer: str
    patterns: tuple[str, ...]
    code: int | None
    causes: tuple[tuple[str, str, str], ...]
    harmless: str | None
    fix: str
    origin: Provenance


class ErrorCode(NamedTuple):
    """A numbered answer of an interface (CUDA, NVML, NCCL …), of Windows, or of a process that ended.

    *stage* is the step that it proves to have failed: start, launch or memory; None where it proves none of them.
    """

    api: str
    code: int
    name: str
    text: str | None
    stage: str | None
    origin: Provenance


class Xid(NamedTuple):
    """An Xid of the kernel log: what it means and what NVIDIA says to do."""

    code: int
    name: str
    meaning: str
    immediate: str | None
    follow_up: str | None
    severity: str
    origin: Provenance


class JetPack(NamedTuple):
    """The software of Jetson boards: its Linux (L4T), the CUDA majors that it has and can take, its torch's Python."""

    l4t: int
    jetpack: str
    cuda: int
    newest_cuda: int
    python: str
    origin: Provenance


class OtherMaker(NamedTuple):
    """GPUs and accelerators that are not NVIDIA's: how people name them, and by what torch runs on them.

    *patterns* are regular expressions that a whole name fits, without regard to case.
    """

    maker: str
    patterns: tuple[str, ...]
    torch: str
    origin: Provenance


class KnowledgeNote(NamedTuple):
    """A fact that no table holds, kept because a rule or a page cites it."""

    id: str
    topic: str
    fact: str
    origin: Provenance


def fields_of(row: type[Row]) -> tuple[str, ...]:
    """Return the names of a row's fields, the last of which is its origin."""
    return tuple(row._fields)  # type: ignore[attr-defined]


# Table name → row type, key fields (unique together) and the YAML file or folder that holds it.
class Table(NamedTuple):
    """One table: its rows' type and key, its place in the YAML; of each value of the field *part* one compiled file."""

    row: type[Row]
    key: tuple[str, ...]
    place: str
    part: str = ""


TABLES: dict[str, Table] = {
    "cuda_majors": Table(CudaMajor, ("major",), "cuda.yaml"),
    "toolkits": Table(CudaToolkit, ("version",), "cuda.yaml"),
    "drivers": Table(DriverBranch, ("branch",), "drivers.yaml"),
    "architectures": Table(Architecture, ("capability",), "architectures.yaml"),
    "features": Table(Feature, ("feature",), "architectures.yaml"),
    "feature_needs": Table(of_builds.FeatureNeed, ("feature",), "features.yaml"),
    "dynamo_pythons": Table(of_builds.DynamoPython, ("torch",), "features.yaml"),
    "triton_ptxas": Table(of_builds.TritonPtxas, ("triton", "capability_from"), "features.yaml"),
    "gpus": Table(GpuProduct, ("name",), "gpus.yaml"),
    "gpu_aliases": Table(GpuAlias, ("alias",), "gpu_aliases.yaml"),
    "cloud_instances": Table(CloudInstance, ("name",), "cloud_instances.yaml"),
    "other_makers": Table(OtherMaker, ("maker",), "other_makers.yaml"),
    "gpu_rates": Table(GpuRate, ("name", "kind"), "gpu_rates.yaml"),
    "compat_packages": Table(CompatPackage, ("cuda", "base_branch"), "forward_compat.yaml"),
    "compat_hardware": Table(CompatHardware, ("kind",), "forward_compat.yaml"),
    "torch_releases": Table(TorchRelease, ("version",), "torch"),
    "torch_builds": Table(TorchBuild, ("torch", "variant", "platform"), "torch"),
    "companions": Table(Companion, ("package", "version"), "companions"),
    "companion_builds": Table(
        CompanionBuild, ("package", "version", "platform", "abi"), "companion_builds", "package"
    ),
    "companion_traits": Table(of_builds.CompanionTraits, ("package",), "companions"),
    "index_gaps": Table(of_builds.IndexGap, ("package", "version", "variant"), "companions"),
    "end_of_line": Table(EndOfLine, ("package",), "companions"),
    "numpy_abi": Table(NumpyAbi, ("torch",), "companions"),
    "extension_naming": Table(ExtensionNaming, ("package", "rule"), "companions"),
    "images": Table(Image, ("reference",), "images", "family"),
    "image_rules": Table(ImageRule, ("family", "fact"), "images"),
    "library_support": Table(LibrarySupport, ("library", "versions", "cuda"), "libraries.yaml"),
    "library_ranges": Table(LibraryRange, ("package",), "libraries.yaml"),
    "library_packages": Table(LibraryPackage, ("library",), "libraries.yaml"),
    "library_symbols": Table(LibrarySymbol, ("library", "symbol"), "libraries.yaml"),
    "signatures": Table(Signature, ("id",), "signatures.yaml"),
    "error_codes": Table(ErrorCode, ("api", "code"), "error_codes.yaml"),
    "xids": Table(Xid, ("code",), "xids.yaml"),
    "jetpacks": Table(JetPack, ("l4t",), "jetpacks.yaml"),
    "notes": Table(KnowledgeNote, ("id",), "notes.yaml"),
}
