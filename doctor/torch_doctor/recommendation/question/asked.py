"""The question: what was asked, flag by flag, and what it means."""

from __future__ import annotations

from torch_doctor.core.records import Gpu
from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import DriverRelease
from torch_doctor.matrix.rows import Feature

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

PLATFORMS = ("linux-x86_64", "linux-aarch64", "windows", "wsl", "jetson")
PREFERENCES = ("newest", "stable", "smallest-change")
PURPOSES = ("dev", "prod")


class QuestionError(ValueError):
    """A question that has no answer as it was put; the message is one line for the user, and says what to do."""


class SeveralMeaningsError(QuestionError):
    """A GPU's name that means chips of several *capabilities*, which differ in nothing else: each may be asked for."""

    def __init__(self, text: str, capabilities: tuple[str, ...]) -> None:
        super().__init__(text)
        self.capabilities = capabilities


class Asked(NamedTuple):
    """The question as it was typed, flag by flag. *emit* is the form that one plan must have, such as conda."""

    gpu: tuple[str, ...] = ()
    compute_capability: tuple[str, ...] = ()
    driver: str | None = None
    platform: str | None = None
    python: str | None = None
    torch: str | None = None
    cuda: str | None = None
    glibc: str | None = None
    feature: tuple[str, ...] = ()
    with_: tuple[str, ...] = ()
    purpose: str = "prod"
    prefer: str = "newest"
    limit: int = 3
    emit: str | None = None


class Spec(NamedTuple):
    """A range of versions: the text that was typed, and what it means.

    *versions* is a PEP 440 set, or the numbers with which a version begins (all three: the version itself). Most
    people type numbers, and the reader of ranges costs more to import than all the rest.
    """

    text: str
    versions: SpecifierSet | tuple[int, ...]

    def allows(self, version: str) -> bool:
        """Whether a plain release is inside."""
        if not isinstance(self.versions, tuple):
            return self.versions.contains(version, prereleases=True)
        if version.replace(".", "").isdigit():
            numbers = tuple(map(int, version.split(".")))
            begins = (*numbers, 0, 0)[: len(self.versions)] == self.versions
            return begins and (len(self.versions) < 3 or not any(numbers[3:]))
        from packaging.specifiers import SpecifierSet

        plain = ".".join(map(str, self.versions))
        meant = SpecifierSet(f"=={plain}" if len(self.versions) == 3 else f"=={plain}.*")
        return meant.contains(version, prereleases=True)


class WantedCompanion(NamedTuple):
    """A package that must go along with torch, and which versions of it will do."""

    package: str
    spec: Spec | None


class Constraints(NamedTuple):
    """The question, understood. None and () mean that nothing is asked of that point."""

    gpus: tuple[Gpu, ...] = ()
    driver: DriverRelease | None = None
    platform: str | None = None
    python_tag: str | None = None
    python: str | None = None
    glibc: tuple[int, int] | None = None
    torch: Spec | None = None
    variant: str | None = None
    cuda: Spec | None = None
    features: tuple[Feature, ...] = ()
    companions: tuple[WantedCompanion, ...] = ()
    purpose: str = "prod"
    prefer: str = "newest"
    limit: int = 3
    emit: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def wishes(self) -> bool:
        """Whether more is asked for than a torch that runs on the machine."""
        asked = (self.torch, self.variant, self.cuda, self.features, self.companions)
        return any(asked)
