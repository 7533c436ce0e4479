"""Rows about what files name beside torch: releases of systems and of Python, hosted runners, and torch's own index."""

from __future__ import annotations

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.provenance import Provenance

# PyTorch's own indexes, one for each tag, lie below this address.
WHEELS = "https://download.pytorch.org/whl"


def index_of(tag: str) -> str:
    """Return the address of PyTorch's index for a tag: ``cu128``, ``cpu``, ``rocm6.4``, ``nightly/cu130``."""
    return f"{WHEELS}/{tag}"


def names_variant(platform: str, torch: str) -> bool:
    """Whether wheels of PyTorch's index have the variant in their version, as ``2.8.0+cu128``: on Arm from 2.6 on."""
    release = tuple(int(part) for part in torch.split(".")[:2])
    return platform != "linux-aarch64" or release >= (2, 6)


class PythonRelease(NamedTuple):
    """A series of Python, when it came out and when it ends: a day, or the month that is planned."""

    version: str
    first_release: str
    end_of_life: str
    origin: Provenance


class SystemRelease(NamedTuple):
    """A release of a Linux distribution, by the name that images use for it, ``ubuntu22.04``.

    *codename* is another name of it. *libc* is glibc or musl, *glibc* its version, *python* that of its own packages
    and *more_pythons* others that they hold.
    *archived* says that its packages have left the servers that its images are set to, so that installing any fails.
    """

    name: str
    codename: str | None
    libc: str
    glibc: str | None
    python: str | None
    more_pythons: tuple[str, ...]
    end_of_life: str | None
    archived: bool
    origin: Provenance


class HostedRunner(NamedTuple):
    """A label of a runner that a service hosted, and the day from which jobs for it fail."""

    label: str
    ended: str
    origin: Provenance


class IndexPackage(NamedTuple):
    """A package that torch's own indexes serve besides torch: with one of them alone, no other can be installed."""

    package: str
    origin: Provenance


class CapabilityFloor(NamedTuple):
    """The *capability* that the makers of a package ask of every GPU, from its release *since* on (None: of all)."""

    package: str
    since: str | None
    capability: str
    origin: Provenance


class CapabilityCeiling(NamedTuple):
    """The newest *capability* that a package knows in its releases *before* one: those GPUs came out later."""

    package: str
    before: str
    capability: str
    origin: Provenance


class OtherName(NamedTuple):
    """A name that people ask for and that the package index has not, or has for another thing.

    *instead* are the packages on record that are meant by it; *why* is what the name is, as a clause without a stop.
    """

    package: str
    why: str
    instead: tuple[str, ...] | None
    origin: Provenance


class SameFiles(NamedTuple):
    """A companion that writes the folder *files* of the environment: two that write one cannot stand there together."""

    package: str
    files: str
    origin: Provenance


class OpenIndex(NamedTuple):
    """An index of torch whose releases are known in part only: from *since* on it may have what no row names.

    *platforms* are those of which that holds, *until* the newest release of which it was looked at.
    """

    variant: str
    platforms: tuple[str, ...]
    since: str
    until: str
    origin: Provenance


class CondaChannel(NamedTuple):
    """The channels to ask for a torch of conda's whose build string *begins* so, in their order."""

    begins: str
    channels: tuple[str, ...]
    origin: Provenance


class ChannelPackage(NamedTuple):
    """A package that a channel of conda does not go on with: every version (two numbers) that there ever was of it."""

    package: str
    versions: tuple[str, ...]
    origin: Provenance


class SourceBuild(NamedTuple):
    """A package that is compiled where it is installed, or may be.

    *imports_torch* says that its build imports torch without asking for it, which an isolated build does not have;
    *wheels* that some of its builds can be had ready-made, from a page of its makers. Without a GPU at hand, one with
    *cuda_by* compiles no CUDA code and does without nvcc, unless a variable or an option with one of these words asks.
    """

    package: str
    imports_torch: bool
    wheels: bool
    cuda_by: tuple[str, ...] | None
    origin: Provenance


class HeaderStandard(NamedTuple):
    """From torch *since* on its headers refuse a compiler with less than C++ *cxx*, on *system*: linux or windows."""

    since: str
    system: str
    cxx: str
    origin: Provenance
