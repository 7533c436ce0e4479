"""The tables in memory: typed rows made when first asked for, and the receipt of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from torch_doctor.core.finding import Receipt
from torch_doctor.core.startup import TYPE_CHECKING, Any, Generic, TypeVar
from torch_doctor.matrix import rows as of
from torch_doctor.matrix.builds import rows as of_builds
from torch_doctor.matrix.builds import systems as of_systems
from torch_doctor.matrix.gpus import rows as of_gpus
from torch_doctor.matrix.images import rows as of_images
from torch_doctor.matrix.provenance import Provenance
from torch_doctor.matrix.rows import TABLES, fields_of

if TYPE_CHECKING:
    from typing import TypedDict

    from torch_doctor.matrix.rows import Row

    class MatrixIndex(TypedDict):
        """What is known of all tables: the newest row's date, what identifies content and columns, their parts."""

        version: str
        digest: str
        shape: str
        parts: dict[str, list[str]]

    class Document(TypedDict):
        """One compiled table: each row ends with the place of its origin in *sources*."""

        sources: list[list[str]]
        rows: list[list[Any]]


_R = TypeVar("_R", bound="Row")
_View = TypeVar("_View")


class MatrixError(Exception):
    """The matrix cannot be read; the message names the file, the line and the cure."""


class _Rows(Generic[_R]):
    """A table as an attribute of the matrix: its rows, made when first asked for and kept from then on."""

    def __init__(self, row: type[_R]) -> None:
        self.row = row

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, matrix: Matrix, owner: type) -> tuple[_R, ...]:
        rows = tuple(row for one in matrix.documents(self.name) for row in rows_of(self.row, one))
        vars(matrix)[self.name] = rows  # which is what the attribute means from now on
        return rows


class Matrix:
    """The compiled matrix. Each table is an attribute that holds its rows: ``matrix.gpus``, ``matrix.torch_builds``.

    *version* is the date of its newest row, *digest* identifies its content, *shape* its columns.
    """

    cuda_majors = _Rows(of.CudaMajor)
    toolkits = _Rows(of.CudaToolkit)
    drivers = _Rows(of.DriverBranch)
    driver_changes = _Rows(of_gpus.DriverTurn)
    architectures = _Rows(of_gpus.Architecture)
    features = _Rows(of.Feature)
    feature_needs = _Rows(of_builds.FeatureNeed)
    dynamo_pythons = _Rows(of_builds.DynamoPython)
    triton_ptxas = _Rows(of_builds.TritonPtxas)
    gpus = _Rows(of_gpus.GpuProduct)
    gpu_aliases = _Rows(of_gpus.GpuAlias)
    cloud_instances = _Rows(of_gpus.CloudInstance)
    other_makers = _Rows(of_gpus.OtherMaker)
    gpu_brands = _Rows(of_gpus.GpuBrand)
    other_chips = _Rows(of_gpus.OtherChip)
    gpu_rates = _Rows(of_gpus.GpuRate)
    compat_packages = _Rows(of.CompatPackage)
    compat_hardware = _Rows(of_gpus.CompatHardware)
    torch_releases = _Rows(of_builds.TorchRelease)
    torch_builds = _Rows(of_builds.TorchBuild)
    conda_builds = _Rows(of_builds.CondaBuild)
    conda_channels = _Rows(of_systems.CondaChannel)
    companions = _Rows(of_builds.Companion)
    companion_builds = _Rows(of_builds.CompanionBuild)
    companion_traits = _Rows(of_builds.CompanionTraits)
    vendor_indexes = _Rows(of_builds.VendorIndex)
    index_gaps = _Rows(of_builds.IndexGap)
    same_files = _Rows(of_systems.SameFiles)
    capability_floors = _Rows(of_systems.CapabilityFloor)
    capability_ceilings = _Rows(of_systems.CapabilityCeiling)
    other_names = _Rows(of_systems.OtherName)
    end_of_line = _Rows(of_builds.EndOfLine)
    numpy_abi = _Rows(of_builds.NumpyAbi)
    extension_naming = _Rows(of_builds.ExtensionNaming)
    extensions = _Rows(of_builds.Extension)
    wheel_pages = _Rows(of_builds.WheelPage)
    build_recipes = _Rows(of_builds.BuildRecipe)
    images = _Rows(of.Image)
    image_rules = _Rows(of.ImageRule)
    image_compat = _Rows(of_images.ImageCompat)
    image_requirements = _Rows(of_images.ImageRequirement)
    python_releases = _Rows(of_systems.PythonRelease)
    system_releases = _Rows(of_systems.SystemRelease)
    hosted_runners = _Rows(of_systems.HostedRunner)
    channel_packages = _Rows(of_systems.ChannelPackage)
    source_builds = _Rows(of_systems.SourceBuild)
    header_standards = _Rows(of_systems.HeaderStandard)
    open_indexes = _Rows(of_systems.OpenIndex)
    index_packages = _Rows(of_systems.IndexPackage)
    library_support = _Rows(of.LibrarySupport)
    library_ranges = _Rows(of.LibraryRange)
    library_packages = _Rows(of.LibraryPackage)
    shared_libraries = _Rows(of_builds.SharedLibrary)
    toolkit_packages = _Rows(of_builds.ToolkitPackage)
    cuda_libraries = _Rows(of_builds.CudaLibrary)
    library_majors = _Rows(of_builds.LibraryMajor)
    library_symbols = _Rows(of.LibrarySymbol)
    signatures = _Rows(of.Signature)
    error_codes = _Rows(of.ErrorCode)
    xids = _Rows(of.Xid)
    jetpacks = _Rows(of_gpus.JetPack)
    jetson_wheels = _Rows(of_gpus.JetsonWheel)
    notes = _Rows(of.KnowledgeNote)

    def __init__(self, index: MatrixIndex, read: Callable[[str], Document]) -> None:
        self.version = index["version"]
        self.digest = index["digest"]
        self.shape = index.get("shape", "")
        self._parts = index["parts"]
        self._read = read
        self._selected: dict[str, Document] = {}  # files of which only some rows were made
        self._indexes: dict[
            tuple[str, tuple[str, ...]], dict[tuple[Any, ...], tuple[Any, ...]]
        ] = {}

    def table(self, name: str) -> tuple[Row, ...]:
        """Return the rows of one table by its name; raise AttributeError where there is no such table."""
        if name not in TABLES:
            msg = f"the matrix has no table {name!r}"
            raise AttributeError(msg)
        rows: tuple[Row, ...] = getattr(self, name)
        return rows

    def documents(self, name: str) -> Iterator[Document]:
        """Yield one table as it is compiled: as a whole, or its parts."""
        return map(self._read, self._files(name))

    def _files(self, name: str, part: str | None = None) -> list[str]:
        """Return what a table is compiled into: one file, or one for each part; of one *part*, where there is it."""
        parts = self._parts.get(name)
        if parts is None:
            return [name]
        return [f"{name}.{one}" for one in parts if part in (None, one)]

    def column(self, row: type[Row], field: str) -> list[Any]:
        """Return one field of all rows of the table of *row*, without making the rows."""
        name = next(name for name, table in TABLES.items() if table.row is row)
        if name in vars(self):
            return [getattr(one, field) for one in getattr(self, name)]
        place = fields_of(row).index(field)
        return [
            cells[place] for file in self._files(name) for cells in self._document(file)["rows"]
        ]

    def _document(self, file: str) -> Document:
        if file not in self._selected:
            self._selected[file] = self._read(file)
        return self._selected[file]

    def _indexed(
        self, name: str, fields: tuple[str, ...]
    ) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Return the rows of a table by what they have in *fields*; a question is mostly asked again."""
        index = self._indexes.get((name, fields))
        if index is None:
            rows: dict[tuple[Any, ...], list[Any]] = {}
            for row in getattr(self, name):
                rows.setdefault(tuple(getattr(row, field) for field in fields), []).append(row)
            index = {key: tuple(found) for key, found in rows.items()}
            self._indexes[name, fields] = index
        return index

    def select(self, row: type[_R], **wanted: str) -> tuple[_R, ...]:
        """Return the rows of the table of *row* whose fields are as *wanted*, without making all the others."""
        name = next(name for name, table in TABLES.items() if table.row is row)
        if name in vars(self):
            return self._indexed(name, tuple(wanted)).get(tuple(wanted.values()), ())
        part = TABLES[name].part if name in self._parts else None
        fields = fields_of(row)
        places = [(fields.index(one), value) for one, value in wanted.items() if one != part]
        found: list[_R] = []
        for file in self._files(name, wanted.get(TABLES[name].part)):
            document = self._document(file)
            rows = document["rows"]
            for place, value in places:
                rows = [cells for cells in rows if cells[place] == value]
            found += rows_of(row, {"sources": document["sources"], "rows": rows})
        return tuple(found)


def worked_out_once(view: Callable[[Matrix], _View]) -> Callable[[Matrix], _View]:
    """Keep what a function makes of the tables: an index, an order, a form that is compared.

    A process has one matrix, seldom a second with an overlay; those of the last few are kept.
    """
    return lru_cache(maxsize=4)(view)


def row_key(table: str, row: Row) -> str:
    """Return the key that names a row in reports, ``torch_builds/2.8.0/cu128/linux-x86_64``."""
    return "/".join([table, *[str(getattr(row, field)) for field in TABLES[table].key]])


def receipt(table: str, row: Row) -> Receipt:
    """Return the receipt of a row, for a finding's *because*."""
    origin: Provenance = row.origin
    return Receipt(
        row_key(table, row), origin.source, origin.checked, origin.how, origin.confidence
    )


def rows_of(kind: type[_R], document: Document) -> Iterator[_R]:
    """Yield the typed rows of one compiled table, or of those of its rows that were selected."""
    sources = document["sources"]
    origins: dict[int, Provenance] = {}
    lists = [i for i, type_ in enumerate(kind.__annotations__.values()) if "tuple[" in type_]
    for packed in document["rows"]:
        cells = packed.copy()
        for i in lists:
            cell = cells[i]
            if cell:
                # a list, or a list of lists: nothing nests deeper
                cells[i] = tuple(map(tuple, cell)) if type(cell[0]) is list else tuple(cell)
            elif cell is not None:
                cells[i] = ()
        origin = cells[-1]
        if origin not in origins:
            origins[origin] = Provenance(*sources[origin])
        cells[-1] = origins[origin]
        yield tuple.__new__(kind, cells)  # type: ignore[type-var]
