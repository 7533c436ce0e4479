"""The rows of the matrix. One row is one claim; its types are the schema; its last field is the receipt.

Versions are text, as in the YAML. A field that may be None says that the fact is not recorded: queries say "unknown".
"""

from __future__ import annotations

from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.builds import rows as builds
from torch_doctor.matrix.builds import systems as of_systems
from torch_doctor.matrix.gpus import rows as of_gpus
from torch_doctor.matrix.images import rows as of_images
from torch_doctor.matrix.provenance import Provenance

if TYPE_CHECKING:
    from torch_doctor.core.startup import Protocol

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


class Feature(NamedTuple):
    """The lowest compute capability (or exact targets) that a feature needs; chips *not_on* lack it all the same."""

    feature: str
    min_capability: str | None
    only: tuple[str, ...]
    not_on: tuple[str, ...]
    origin: Provenance


class CompatPackage(NamedTuple):
    """Whether cuda-compat for *cuda* may be used over a driver of *base_branch*: usable, same or unsupported."""

    cuda: str
    base_branch: int
    status: str
    origin: Provenance


class Image(NamedTuple):
    """A container image tag. *status* is confirmed, expected, unconfirmed or absent (known not to exist).

    *nearest* are real tags to use instead of an absent one. *kind* is runtime, devel, base or framework.
    *min_capability* is what its release notes ask of a GPU.
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
    min_capability: str | None
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
    min_capability: str | None
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
    """What brings a library (a pattern of file names) that torch's own packages do not; {major} is that of CUDA.

    *jetson* is the package of NVIDIA's own repository that brings it to a Jetson, whose JetPack does not.
    """

    library: str
    apt: str | None
    pip: str | None
    jetson: str | None
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


class KnowledgeNote(NamedTuple):
    """A fact that no table holds, kept because a rule or a page cites it."""

    id: str
    topic: str
    fact: str
    origin: Provenance


def fields_of(row: type[Row]) -> tuple[str, ...]:
    """Return the names of a row's fields, the last of which is its origin."""
    return tuple(row._fields)  # type: ignore[attr-defined]


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
    "driver_changes": Table(of_gpus.DriverTurn, ("change",), "drivers.yaml"),
    "architectures": Table(of_gpus.Architecture, ("capability",), "architectures.yaml"),
    "features": Table(Feature, ("feature",), "architectures.yaml"),
    "feature_needs": Table(builds.FeatureNeed, ("feature",), "features.yaml"),
    "dynamo_pythons": Table(builds.DynamoPython, ("torch",), "features.yaml"),
    "triton_ptxas": Table(builds.TritonPtxas, ("triton", "capability_from"), "features.yaml"),
    "gpus": Table(of_gpus.GpuProduct, ("name",), "gpus.yaml"),
    "gpu_aliases": Table(of_gpus.GpuAlias, ("alias",), "gpu_aliases.yaml"),
    "cloud_instances": Table(of_gpus.CloudInstance, ("name",), "cloud_instances.yaml"),
    "other_makers": Table(of_gpus.OtherMaker, ("maker",), "other_makers.yaml"),
    "gpu_brands": Table(of_gpus.GpuBrand, ("kinds", "pattern"), "gpu_brands.yaml"),
    "other_chips": Table(of_gpus.OtherChip, ("chip",), "other_makers.yaml"),
    "gpu_rates": Table(of_gpus.GpuRate, ("name", "kind"), "gpu_rates.yaml"),
    "compat_packages": Table(CompatPackage, ("cuda", "base_branch"), "forward_compat.yaml"),
    "compat_hardware": Table(of_gpus.CompatHardware, ("kind",), "forward_compat.yaml"),
    "torch_releases": Table(builds.TorchRelease, ("version",), "torch"),
    "torch_builds": Table(builds.TorchBuild, ("torch", "variant", "platform"), "torch", "platform"),
    "conda_builds": Table(builds.CondaBuild, ("torch", "cuda", "platform"), "conda.yaml"),
    "conda_channels": Table(of_systems.CondaChannel, ("begins",), "conda.yaml"),
    "companions": Table(builds.Companion, ("package", "version"), "companions"),
    "companion_builds": Table(
        builds.CompanionBuild,
        ("package", "version", "platform", "abi"),
        "companion_builds",
        "package",
    ),
    "companion_traits": Table(builds.CompanionTraits, ("package",), "companions"),
    "index_gaps": Table(builds.IndexGap, ("package", "version", "variant"), "companions"),
    "vendor_indexes": Table(builds.VendorIndex, ("package", "version", "variant"), "companions"),
    "end_of_line": Table(builds.EndOfLine, ("package",), "companions"),
    "numpy_abi": Table(builds.NumpyAbi, ("torch",), "companions"),
    "extension_naming": Table(builds.ExtensionNaming, ("package", "rule"), "companions"),
    "same_files": Table(of_systems.SameFiles, ("package",), "companions"),
    "capability_floors": Table(of_systems.CapabilityFloor, ("package", "since"), "companions"),
    "capability_ceilings": Table(of_systems.CapabilityCeiling, ("package", "before"), "companions"),
    "other_names": Table(of_systems.OtherName, ("package",), "companions"),
    "extensions": Table(builds.Extension, ("package",), "companions"),
    "wheel_pages": Table(builds.WheelPage, ("package",), "companions"),
    "build_recipes": Table(builds.BuildRecipe, ("package",), "companions"),
    "images": Table(Image, ("reference",), "images", "family"),
    "image_rules": Table(ImageRule, ("family", "fact"), "images"),
    "image_compat": Table(of_images.ImageCompat, ("family", "kind"), "images"),
    "image_requirements": Table(of_images.ImageRequirement, ("toolkit",), "images"),
    "python_releases": Table(of_systems.PythonRelease, ("version",), "pythons.yaml"),
    "system_releases": Table(of_systems.SystemRelease, ("name",), "systems.yaml"),
    "hosted_runners": Table(of_systems.HostedRunner, ("label",), "systems.yaml"),
    "channel_packages": Table(of_systems.ChannelPackage, ("package",), "torch_index.yaml"),
    "source_builds": Table(of_systems.SourceBuild, ("package",), "torch_index.yaml"),
    "header_standards": Table(of_systems.HeaderStandard, ("since", "system"), "torch_index.yaml"),
    "open_indexes": Table(of_systems.OpenIndex, ("variant",), "torch_index.yaml"),
    "index_packages": Table(of_systems.IndexPackage, ("package",), "torch_index.yaml"),
    "library_support": Table(LibrarySupport, ("library", "versions", "cuda"), "libraries.yaml"),
    "library_ranges": Table(LibraryRange, ("package",), "libraries.yaml"),
    "library_packages": Table(LibraryPackage, ("library",), "libraries.yaml"),
    "shared_libraries": Table(builds.SharedLibrary, ("component",), "libraries.yaml"),
    "toolkit_packages": Table(builds.ToolkitPackage, ("version",), "libraries.yaml"),
    "cuda_libraries": Table(builds.CudaLibrary, ("name",), "libraries.yaml"),
    "library_majors": Table(builds.LibraryMajor, ("package", "library", "major"), "libraries.yaml"),
    "library_symbols": Table(LibrarySymbol, ("library", "symbol"), "libraries.yaml"),
    "signatures": Table(Signature, ("id",), "signatures.yaml"),
    "error_codes": Table(ErrorCode, ("api", "code"), "error_codes.yaml"),
    "xids": Table(Xid, ("code",), "xids.yaml"),
    "jetpacks": Table(of_gpus.JetPack, ("l4t",), "jetpacks.yaml"),
    "jetson_wheels": Table(of_gpus.JetsonWheel, ("address",), "jetpacks.yaml"),
    "notes": Table(KnowledgeNote, ("id",), "notes.yaml"),
}
