"""What a table is narrowed to: versions, platforms, GPUs and names, as people type them."""

from __future__ import annotations

import re
from collections.abc import Callable

from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease, SmTarget
from torch_doctor.matrix.gpus.folding import fold
from torch_doctor.matrix.gpus.words import unknown_gpu
from torch_doctor.matrix.law.arch import cubin_runs, ptx_compiles
from torch_doctor.matrix.query import driver_floor, gpus_named
from torch_doctor.matrix.store import Matrix, row_key

if TYPE_CHECKING:
    from torch_doctor.matrix.builds.rows import Companion, CompanionBuild, TorchBuild
    from torch_doctor.matrix.rows import Row


class Filters(NamedTuple):
    """What must hold of a row. Several values of one filter are alternatives; different filters add up.

    A build must have code for every *gpu* and *capability*. *words* must all stand in the key of the row.
    """

    words: tuple[str, ...] = ()
    torch: tuple[str, ...] = ()
    cuda: tuple[str, ...] = ()
    variant: tuple[str, ...] = ()
    platform: tuple[str, ...] = ()
    python: tuple[str, ...] = ()
    gpu: tuple[str, ...] = ()
    capability: tuple[str, ...] = ()
    driver: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    status: tuple[str, ...] = ()

    @property
    def asked(self) -> tuple[str, ...]:
        """The names of the filters that are set."""
        return tuple(name for name, value in self._asdict().items() if value)


class FilterError(ValueError):
    """A filter that means nothing; *cure* says what would."""

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(message)
        self.cure = cure


# Any: a filter of a field knows which tables have it.
Test = Callable[[Any], bool]


def test_of(table: str, filters: Filters, matrix: Matrix) -> Test:
    """Return the test of one table's rows; raise FilterError where a filter does not fit the table or means nothing."""
    known = _TESTS.get(table, {})
    unfit = [name for name in filters.asked if name not in known and name != "words"]
    if unfit:
        fitting = ", ".join(f"--{name}" for name in known) or "none but parts of keys"
        raise FilterError(f"--{unfit[0]} says nothing of {table}", f"its filters are {fitting}")
    tests = [
        known[name](getattr(filters, name), matrix) for name in filters.asked if name != "words"
    ]
    words = [word.casefold() for word in filters.words]

    def holds(row: Row) -> bool:
        key = row_key(table, row).casefold() if words else ""
        return all(word in key for word in words) and all(test(row) for test in tests)

    return holds


def _versions(field: str, flag: str) -> Callable[[tuple[str, ...], Matrix], Test]:
    """``2.8`` takes every 2.8.x, ``2.8.0`` itself alone, ``>=2.6`` a range."""

    def made(texts: tuple[str, ...], _: Matrix) -> Test:
        takes = [version_test(text, flag) for text in texts]
        return lambda row: any(take(getattr(row, field) or "") for take in takes)

    return made


def version_test(text: str, flag: str) -> Callable[[str], bool]:
    """Return whether a plain version is one that *text* means; raise FilterError where it means none."""
    plain = text.strip()
    if tag := re.fullmatch(r"cu(\d{2,4})", plain):
        plain = str(CudaVersion.from_tag(tag[0]))
    if re.fullmatch(r"\d+(\.\d+)*", plain):
        return lambda version: version == plain or version.startswith(f"{plain}.")
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        versions = SpecifierSet(plain)
    except InvalidSpecifier:
        versions = SpecifierSet()
    if not len(versions):
        raise FilterError(
            f"--{flag}: not a version or range: {text!r}", "write it as 2.8, 2.8.0 or '>=2.6,<2.9'"
        )
    return lambda version: bool(version) and versions.contains(version, prereleases=True)


def _goes_with(texts: tuple[str, ...], _: Matrix) -> Test:
    """The torch of a companion is a range of its own: 2.8 fits ==2.8.0 and >=2.6."""
    from packaging.specifiers import SpecifierSet

    takes = [version_test(text, "torch") for text in texts]

    def holds(row: Companion | CompanionBuild) -> bool:
        if row.torch is None:
            return False
        if row.torch.startswith("==") and "," not in row.torch:
            return any(take(row.torch[2:]) for take in takes)
        numbers = [text for text in texts if re.fullmatch(r"\d+(\.\d+)+", text)]
        return any(SpecifierSet(row.torch).contains(number) for number in numbers)

    return holds


def _words(field: str) -> Callable[[tuple[str, ...], Matrix], Test]:
    def made(texts: tuple[str, ...], _: Matrix) -> Test:
        wanted = {text.casefold() for text in texts}

        def holds(row: Row) -> bool:
            value = getattr(row, field)
            values = value if isinstance(value, tuple) else (value,)
            return any(str(one).casefold() in wanted for one in values)

        return holds

    return made


def _pythons(texts: tuple[str, ...], _: Matrix) -> Test:
    tags = set()
    for text in texts:
        match = re.fullmatch(r"(?:cp)?3\.?(\d{1,2})(?:\.\d+)?(t?)", text.strip())
        if not match:
            raise FilterError(
                f"--python: not a Python version: {text!r}", "write it as 3.12 or 3.13t"
            )
        tags.add(f"cp3{match[1]}{match[2]}")
    return lambda row: not tags.isdisjoint(row.python_tags or ())


def capabilities_of(names: tuple[str, ...], matrix: Matrix) -> set[ComputeCapability]:
    """Return the capabilities of GPUs by name; raise FilterError on a name that means nothing."""
    found = set()
    for name in names:
        rows = gpus_named(matrix, name).rows
        if not rows:
            objection = unknown_gpu(name, matrix)
            raise FilterError(f"--gpu: {objection.problem}", objection.cure)
        found |= {ComputeCapability.parse(text) for row in rows for text in row.capabilities}
    return found


def _capability(text: str) -> ComputeCapability:
    try:
        return ComputeCapability.parse(text)
    except ValueError as error:
        raise FilterError(f"--capability: {error}") from None


def _built_for(capabilities: set[ComputeCapability]) -> Test:
    def holds(row: TorchBuild) -> bool:
        targets = [SmTarget.parse(text) for text in (*(row.archs or ()), *(row.ptx or ()))]
        return all(
            any(cubin_runs(target, one) or ptx_compiles(target, one) for target in targets)
            for one in capabilities
        )

    return holds


def _gpu_rows(names: tuple[str, ...], matrix: Matrix) -> Test:
    """What a name means, and every product with these words in its name: A100 is no A1000."""
    wanted = {row.name for name in names for row in gpus_named(matrix, name).rows}
    parts = [re.compile(rf"(?<![a-z0-9]){re.escape(fold(name))}(?![a-z0-9])") for name in names]
    return lambda row: row.name in wanted or any(part.search(fold(row.name)) for part in parts)


def _served_by(texts: tuple[str, ...], matrix: Matrix) -> Test:
    drivers = [_driver(text) for text in texts]

    def holds(row: TorchBuild) -> bool:
        system = "windows" if row.platform.startswith("windows") else "linux"
        floor = driver_floor(matrix, CudaVersion.parse(row.cuda), system) if row.cuda else None
        return floor is not None and any(driver >= floor.driver for driver in drivers)

    return holds


def _branches(texts: tuple[str, ...], _: Matrix) -> Test:
    wanted = {_driver(text).branch for text in texts}
    return lambda row: row.branch in wanted


def _driver(text: str) -> DriverRelease:
    try:
        return DriverRelease.parse(re.sub(r"(?i)^[rv]?(?=\d)", "", text.strip()))
    except ValueError as error:
        raise FilterError(f"--driver: {error}") from None


_TORCH, _CUDA = _versions("torch", "torch"), _versions("cuda", "cuda")
_TESTS: dict[str, dict[str, Callable[[tuple[str, ...], Matrix], Test]]] = {
    "torch_builds": {
        "torch": _TORCH,
        "cuda": _CUDA,
        "variant": _words("variant"),
        "platform": _words("platform"),
        "python": _pythons,
        "gpu": lambda names, matrix: _built_for(capabilities_of(names, matrix)),
        "capability": lambda texts, _: _built_for({_capability(text) for text in texts}),
        "driver": _served_by,
        "status": _words("status"),
    },
    "torch_releases": {"torch": _versions("version", "torch")},
    "toolkits": {"cuda": _versions("version", "cuda")},
    "drivers": {"driver": _branches, "cuda": _CUDA, "kind": _words("kind")},
    "gpus": {"gpu": _gpu_rows, "capability": _words("capabilities"), "kind": _words("kind"),
             "family": _words("architecture")},
    "architectures": {"capability": _words("capability")},
    "images": {"torch": _TORCH, "cuda": _CUDA, "family": _words("family"), "kind": _words("kind"),
               "platform": _words("arch"), "status": _words("status")},
    "companions": {"family": _words("package"), "torch": _goes_with},
    "companion_builds": {"family": _words("package"), "torch": _goes_with,
                         "platform": _words("platform")},
    "feature_needs": {"family": _words("feature")},
    "dynamo_pythons": {"torch": _goes_with},
    "cloud_instances": {"gpu": lambda names, _: lambda row: row.gpu in names},
    "companion_traits": {"family": _words("package")},
    "index_gaps": {"family": _words("package"), "variant": _words("variant")},
    "compat_packages": {"cuda": _CUDA},
}  # fmt: skip
