"""The build of torch that somebody expects: ``cu128``, ``cu12``, ``cpu``, ``2.9``, ``2.9.1+cu128``, ``>=2.8,<2.10``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import CudaVersion, TorchVersion, allows
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.store import Matrix

KINDS = ("cuda", "cpu", "rocm", "xpu")
_LIKE = "name one as cu128, cu12, cpu, 2.9, 2.9.1 or 2.9.1+cu128"
_MAJOR = regex(r"cu(1\d)")  # cu12 is any CUDA 12; cu92 was 9.2
# The majors of CUDA lie above those of torch: a "12.8" is none of torch's.
_FIRST_MAJOR_OF_CUDA_ALONE = 8


class NoBuildError(ValueError):
    """A word that names no build; *cure* says what would."""

    def __init__(self, problem: str, cure: str = _LIKE) -> None:
        super().__init__(problem)
        self.cure = cure


class ExpectedBuild(NamedTuple):
    """A release, or numbers with which it begins, or a range; and a variant or kind. Empty means any."""

    release: str
    variant: str

    def takes(self, version: TorchVersion, kind: str, cuda: CudaVersion | None) -> bool:
        """Whether a build is as expected; *kind* is cuda, cpu, rocm or xpu."""
        return self.takes_release(version) and self.takes_variant(kind, cuda, version.local)

    def takes_release(self, version: TorchVersion) -> bool:
        """Whether *version* is of the release: ``2.9`` means every 2.9.x, ``2.9.1`` itself alone."""
        if not self.release:
            return True
        if not self.release[0].isdigit():
            return bool(allows(self.release, version.public))
        numbers = tuple(map(int, self.release.split(".")))
        return version.release[: len(numbers)] == numbers and (
            len(numbers) < 3 or version.is_release
        )

    def takes_variant(self, kind: str, cuda: CudaVersion | None, local: str = "") -> bool:
        """Whether a build of a *kind* (cuda, cpu, rocm or xpu), for *cuda*, is of the variant."""
        if not self.variant or self.variant in KINDS:
            return self.variant in ("", kind)
        major = _MAJOR.fullmatch(self.variant)
        if major:
            return kind == "cuda" and cuda is not None and cuda.major == int(major[1])
        if self.variant.startswith("cu"):
            return kind == "cuda" and cuda is not None and cuda.tag == self.variant
        return kind == "rocm" and local.startswith(self.variant)


def read_expected(text: str, matrix: Matrix) -> ExpectedBuild:
    """Return the build that *text* names; raise NoBuildError where it names none."""
    plain = re.sub(r"^torch\s*(?===|[<>=!~])|\s+", "", text.strip().lower()).removeprefix("==")
    if not plain:
        raise NoBuildError("the build is empty")
    release, plus, variant = plain.partition("+")
    if not plus and plain[0].isalpha() and not re.match(r"v\d", plain):
        release, variant = "", plain
    release = re.sub(r"^v(?=\d)", "", release)
    _check_release(text, release)
    if plus and not variant:
        raise NoBuildError(f"{text!r} is no build of torch")
    if variant:
        _check_variant(text, variant, matrix)
    return ExpectedBuild(release, variant)


def builds_of(
    expected: ExpectedBuild, matrix: Matrix, platform: str | None
) -> Iterator[TorchBuild]:
    """Yield the published builds that are as *expected*, for *platform* or where that is None for any."""
    for row in matrix.torch_builds:
        kind = "cuda" if row.cuda else row.variant
        cuda = CudaVersion.parse(row.cuda) if row.cuda else None
        fits = row.status == "published" and platform in (None, row.platform)
        if (
            fits
            and expected.takes_variant(kind, cuda, row.variant)
            and expected.takes_release(TorchVersion(row.torch))
        ):
            yield row


def _check_release(text: str, release: str) -> None:
    if not release:
        return
    if re.fullmatch(r"\d+(?:\.\d+){0,2}", release):
        if int(release.split(".", maxsplit=1)[0]) >= _FIRST_MAJOR_OF_CUDA_ALONE:
            tag = "cu" + "".join(release.split(".")[:2])
            raise NoBuildError(f"{text!r} is no release of torch", f"a CUDA is written {tag}")
        return
    if release[0] in "<>=!~" and allows(release, "2.0") is not None:
        return
    raise NoBuildError(f"{text!r} is no build of torch")


def _check_variant(text: str, variant: str, matrix: Matrix) -> None:
    if variant in KINDS or _MAJOR.fullmatch(variant) or re.fullmatch(r"rocm\d+(\.\d+)*", variant):
        return
    known = {CudaVersion.parse(row.version).tag for row in matrix.toolkits}
    known |= {row.variant for row in matrix.torch_builds}
    if variant in known:
        return
    from difflib import get_close_matches

    near = get_close_matches(variant, sorted(known | set(KINDS)), 3, 0.6)
    problem = f"{text!r} is no build of torch"
    if re.fullmatch(r"cu\d{2,4}", variant):
        problem = f"{text!r}: there is no CUDA {CudaVersion.from_tag(variant)}"
    raise NoBuildError(problem, f"near are {', '.join(near)}" if near else _LIKE)
