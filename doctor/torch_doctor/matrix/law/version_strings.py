"""What a version of torch without a local part says about the build, by who printed it and on which platform.

A wheel of the index names its build in the version that torch itself prints: ``2.6.0+cu124``, ``2.6.0+cpu``. The same
wheel is listed by installers, and spoken of by people, as plain ``2.6.0`` where it is the default one of its platform,
which the rows of releases record. torch that prints a plain version of itself is another build: conda's, somebody's
own, or one for a platform whose wheels carry no local part.
"""

from __future__ import annotations

from torch_doctor.core.light.words import StrEnum
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion, TorchVersion
from torch_doctor.matrix.store import Matrix

_FIRST_WITH_LOCAL_PARTS = (1, 8)
_WITH_LOCAL_PARTS = ("linux-x86_64", "windows-x86_64")


class Printed(StrEnum):
    """Who printed a version."""

    BY_TORCH = "torch"  # torch.__version__: a report, a session
    BY_INSTALLER = "installer"  # a package list, a command, a sentence


class ImpliedBuild(NamedTuple):
    """What follows: the variant and its CUDA, and where the build is from; None where it stays open."""

    variant: str | None = None
    cuda: CudaVersion | None = None
    origin: str | None = None


def implied_build(
    version: TorchVersion, printed: Printed, platform: str, matrix: Matrix
) -> ImpliedBuild:
    """Return what *version* implies; *platform* is one of the rows', such as linux-x86_64."""
    if version.local or not version.is_release:
        return ImpliedBuild()
    if printed is Printed.BY_TORCH:
        foreign = platform in _WITH_LOCAL_PARTS and version.release >= _FIRST_WITH_LOCAL_PARTS
        return ImpliedBuild(origin="unknown" if foreign else None)
    tag = default_variant(version, platform, matrix)
    if tag.startswith("cu"):
        return ImpliedBuild("cuda", CudaVersion.from_tag(tag))
    return ImpliedBuild(tag or None)


def default_variant(version: TorchVersion, platform: str, matrix: Matrix) -> str:
    """Return the variant of a release that a plain install brings; of ``2.6``, as people say it, that of 2.6.0."""
    text = version.public if len(version.release) > 2 else f"{version.public}.0"
    row = next((row for row in matrix.torch_releases if row.version == text), None)
    return dict(row.pypi).get(platform, "") if row else ""
