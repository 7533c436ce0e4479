"""Ordered types for the version numbers that decide. None of them is ever called a bare "CUDA version"."""

from __future__ import annotations

import operator
import re
from functools import lru_cache

from torch_doctor.core.startup import TYPE_CHECKING, regex
from torch_doctor.core.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.version import Version

_DRIVER = regex(r"(\d{2,4})(?:\.(\d{1,4})(?:\.(\d{1,4}))?)?")
_CUDA = regex(r"(\d{1,2})\.(\d{1,2})(?:\.\d+)*")
_CAPABILITY = regex(r"(\d{1,2})\.(\d)")
_TARGET = regex(r"(sm|compute|lto)_(\d{1,2})(\d)([af]?)")


class DriverRelease(NamedTuple):
    """An NVIDIA driver release such as ``580.65.06``: what nvidia-smi calls Driver (or KMD) Version.

    This is not the CUDA version that the driver reports. Compared number by number; printed as written.
    """

    parts: tuple[int, ...]
    text: str

    @classmethod
    def parse(cls, text: str) -> DriverRelease:
        """Parse ``580.65.06``, ``566.36`` or ``580``; raise ValueError on anything else."""
        return _driver_release(text.strip())

    @property
    def branch(self) -> int:
        """The driver branch, 580 for 580.65.06."""
        return self.parts[0]

    def __str__(self) -> str:
        return self.text

    # How a release is written (65.06 or 65.6) does not count.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, DriverRelease) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)

    def __lt__(self, other: DriverRelease) -> bool:  # type: ignore[override]
        return self.parts < other.parts

    def __le__(self, other: DriverRelease) -> bool:  # type: ignore[override]
        return self.parts <= other.parts

    def __gt__(self, other: DriverRelease) -> bool:  # type: ignore[override]
        return self.parts > other.parts

    def __ge__(self, other: DriverRelease) -> bool:  # type: ignore[override]
        return self.parts >= other.parts

    def __ne__(self, other: object) -> bool:
        return not self == other


class CudaVersion(NamedTuple):
    """A CUDA major and minor: of a driver, a wheel, a toolkit or a runtime; the fact's name says which."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> CudaVersion:
        """Parse ``12.8`` or ``12.8.93`` (the rest is dropped); raise ValueError on anything else."""
        return _cuda_version(text.strip())

    @classmethod
    def from_int(cls, number: int) -> CudaVersion:
        """Decode ``12080``, as cuDriverGetVersion and torch's messages give it (1000 x major + 10 x minor)."""
        return cls(number // 1000, number % 1000 // 10)

    @classmethod
    def from_tag(cls, tag: str) -> CudaVersion:
        """Decode an index tag such as ``cu128``, ``cu92`` or ``cu1210``; raise ValueError on anything else."""
        match = re.fullmatch(r"cu(\d{2,4})", tag)
        if not match:
            msg = f"not a CUDA wheel tag: {tag!r} (expected something like cu128)"
            raise ValueError(msg)
        digits = match[1]
        head = 1 if len(digits) == 2 else 2
        return cls(int(digits[:head]), int(digits[head:]))

    @property
    def tag(self) -> str:
        """The wheel tag, ``cu128`` for 12.8."""
        return f"cu{self.major}{self.minor}"

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


class ComputeCapability(NamedTuple):
    """The compute capability of a GPU, ``8.6``."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> ComputeCapability:
        """Parse ``8.6``; raise ValueError on anything else."""
        return _compute_capability(text.strip())

    @property
    def sm(self) -> str:
        """The target of a cubin for exactly this capability, ``sm_86``."""
        return f"sm_{self.major}{self.minor}"

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


class SmTarget(NamedTuple):
    """One entry of an arch list: ``sm_90a`` is machine code (cubin), ``compute_90`` is PTX."""

    capability: ComputeCapability
    suffix: str
    ptx: bool

    @classmethod
    def parse(cls, text: str) -> SmTarget:
        """Parse ``sm_86``, ``sm_100f`` or ``compute_120``; raise ValueError on anything else."""
        return _sm_target(text.strip())

    def __str__(self) -> str:
        kind = "compute" if self.ptx else "sm"
        return f"{kind}_{self.capability.major}{self.capability.minor}{self.suffix}"


# The rows of builds name the same few dozen numbers again and again: each text is read once.


@lru_cache(1024)
def _driver_release(text: str) -> DriverRelease:
    match = _DRIVER.fullmatch(text)
    if not match:
        msg = f"not a driver release: {text!r} (expected something like 580.65.06)"
        raise ValueError(msg)
    return DriverRelease(tuple(int(part) for part in match.groups() if part is not None), text)


@lru_cache(1024)
def _cuda_version(text: str) -> CudaVersion:
    match = _CUDA.fullmatch(text)
    if not match:
        msg = f"not a CUDA version: {text!r} (expected something like 12.8)"
        raise ValueError(msg)
    return CudaVersion(int(match[1]), int(match[2]))


@lru_cache(1024)
def _compute_capability(text: str) -> ComputeCapability:
    match = _CAPABILITY.fullmatch(text)
    if not match:
        msg = f"not a compute capability: {text!r} (expected something like 8.6)"
        raise ValueError(msg)
    return ComputeCapability(int(match[1]), int(match[2]))


@lru_cache(1024)
def _sm_target(text: str) -> SmTarget:
    match = _TARGET.fullmatch(text)
    if not match:
        msg = f"not a compile target: {text!r} (expected something like sm_86 or compute_90)"
        raise ValueError(msg)
    kind, major, minor, suffix = match.groups()
    return SmTarget(ComputeCapability(int(major), int(minor)), suffix, kind != "sm")


class TorchVersion(NamedTuple):
    """The version of an installed torch as it calls itself, ``2.8.0+cu128`` or ``2.9.0a0+50eac811a6.nv25.09``."""

    text: str

    @classmethod
    def parse(cls, text: str) -> TorchVersion:
        """Parse any PEP 440 version; raise ValueError on anything else."""
        text = text.strip()
        if not re.fullmatch(r"\d+(?:\.\d+)*[A-Za-z0-9.+_-]*", text):
            msg = f"not a torch version: {text!r} (expected something like 2.8.0+cu128)"
            raise ValueError(msg)
        return cls(text)

    @property
    def public(self) -> str:
        """The version without its local part, ``2.8.0``."""
        return self.text.partition("+")[0]

    @property
    def local(self) -> str:
        """The local part, ``cu128``, or an empty string."""
        return self.text.partition("+")[2]

    @property
    def release(self) -> tuple[int, ...]:
        """The numbers of the release, ``(2, 8, 0)``."""
        match = re.match(r"\d+(?:\.\d+)*", self.text)
        return tuple(int(part) for part in match[0].split(".")) if match else ()

    @property
    def is_release(self) -> bool:
        """Whether this is a plain release: no alpha, candidate, development or git build."""
        return re.fullmatch(r"\d+(?:\.\d+)*(?:\.post\d+)?", self.public) is not None

    @property
    def pep440(self) -> Version:
        """The same as a packaging Version; raise packaging's InvalidVersion where it is none."""
        from packaging.version import Version

        return Version(self.text)

    def __str__(self) -> str:
        return self.text


_COMPARE = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


@lru_cache(4096)
def allows(specifier: str, version: str) -> bool | None:
    """Whether a range such as ``>=2.6,<2.9`` takes *version*, pre-releases too; None where it is no range.

    Plain ranges are read here, all others by packaging, whose grammars take longer to import than a check takes.
    """
    own = re.fullmatch(_RELEASE, version)
    clauses = [re.fullmatch(_CLAUSE, clause.strip()) for clause in specifier.split(",")]
    if own and all(clause and _is_plain(clause["how"], own) for clause in clauses):
        order = _order(own)
        return all(_COMPARE[c["how"]](order, _order(c)) for c in clauses if c)
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except InvalidSpecifier:
        return None
    except InvalidVersion:
        return False


def expects_cpu(builds: Iterable[str]) -> bool:
    """Whether one of the builds of torch that a user expects is a CPU build, ``cpu`` or ``2.9.1+cpu``."""
    return any(text.strip().lower().rpartition("+")[2] == "cpu" for text in builds)


# Compiled when first asked for: most commands compare no ranges.
_RELEASE = (
    r"(?P<release>\d+(?:\.\d+)*)(?:(?P<pre>a|b|rc)(?P<pre_number>\d+))?"
    r"(?:\.post(?P<post>\d+))?(?:\.dev(?P<dev>\d+))?"
)
_CLAUSE = rf"(?P<how>==|!=|<=|>=|<|>)\s*{_RELEASE}"
_PHASES = ("", "a", "b", "rc", None)  # a release comes after its candidates, its .dev before them


def _is_plain(how: str, own: re.Match[str]) -> bool:
    """Whether a comparison is one of the order alone: < leaves out what comes before a release, > what comes after."""
    if how == "<":
        return own["pre"] is None and own["dev"] is None
    return how != ">" or own["post"] is None


def _order(version: re.Match[str]) -> tuple[tuple[int, ...], int, int, int, float]:
    """Return what orders versions as PEP 440 does; without zeros at its end, 2.8 is 2.8.0."""
    numbers = [int(part) for part in version["release"].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    pre, post, dev = version["pre"], version["post"], version["dev"]
    alone = pre is None and post is None and dev is not None
    phase = _PHASES.index("" if alone else pre)
    number = int(version["pre_number"] or 0)
    return tuple(numbers), phase, number, int(post or -1), float(dev or "inf")
