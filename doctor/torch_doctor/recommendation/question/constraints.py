"""What the user types, parsed: every wrong value is one clear QuestionError."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.core.text import listing, one_line
from torch_doctor.core.version import ComputeCapability, DriverRelease
from torch_doctor.matrix.builds.rows import CompanionBuild
from torch_doctor.matrix.query import architecture_of, driver_branch
from torch_doctor.matrix.rows import Feature
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.question.asked import (
    PLATFORMS,
    PREFERENCES,
    PURPOSES,
    Asked,
    Constraints,
    QuestionError,
    Spec,
    WantedCompanion,
)
from torch_doctor.recommendation.question.naming import named_gpus
from torch_doctor.recommendation.question.record import is_pinned

# No driver branch below it drives a GPU that torch was ever built for: a number such as 12.8 is a CUDA's.
_OLDEST_BRANCH = 300


def understand(asked: Asked, matrix: Matrix) -> Constraints:
    """Return what *asked* means; raise QuestionError on the first value that means nothing."""
    _one_of("--purpose", asked.purpose, PURPOSES)
    _one_of("--prefer", asked.prefer, PREFERENCES)
    if asked.limit < 1:
        raise QuestionError("--limit must be 1 or more")
    if asked.platform not in (None, *PLATFORMS):
        from torch_doctor.recommendation.question import objections

        raise QuestionError(objections.no_platform(asked.platform or "", PLATFORMS, matrix))
    capabilities = _capabilities(asked.compute_capability)
    gpus, platform, notes = named_gpus(asked.gpu, capabilities, matrix, asked.platform)
    notes += tuple(
        f"no GPU of compute capability {one} is on record"
        for one in capabilities
        if architecture_of(matrix, one) is None
    )
    driver, driver_note = _driver(asked.driver, platform, matrix)
    torch, variant = _torch(asked.torch)
    cuda = _cuda(asked.cuda)
    notes += _of_no_build(cuda, matrix)
    companions, more = _with_imports(tuple(_companions(asked.with_, matrix)), matrix)
    return Constraints(
        gpus=gpus,
        driver=driver,
        platform=platform,
        python_tag=_python(asked.python),
        python=_whole(asked.python),
        glibc=_glibc(asked.glibc),
        torch=torch,
        variant=variant,
        cuda=cuda,
        features=tuple(_feature(name, matrix) for name in _each(asked.feature)),
        companions=companions,
        purpose=asked.purpose,
        prefer=asked.prefer,
        limit=asked.limit,
        emit=asked.emit,
        notes=(*notes, *driver_note, *more),
    )


def _of_no_build(cuda: Spec | None, matrix: Matrix) -> tuple[str, ...]:
    """Say so where no build is for the CUDA that is asked for."""
    if cuda is None or any(row.cuda and cuda.allows(row.cuda) for row in matrix.torch_builds):
        return ()
    from torch_doctor.recommendation.question import objections

    return (objections.no_such_cuda(cuda.text, matrix),)


def _capabilities(texts: Iterable[str]) -> tuple[ComputeCapability, ...]:
    try:
        return tuple(ComputeCapability.parse(text) for text in texts)
    except ValueError as error:
        raise QuestionError(f"--compute-capability: {error}") from None


def _driver(
    text: str | None, platform: str | None, matrix: Matrix
) -> tuple[DriverRelease | None, tuple[str, ...]]:
    """A bare branch such as 535 stands for its newest release: that is what a package manager installs."""
    if text is None:
        return None, ()
    try:
        release = DriverRelease.parse(re.sub(r"(?i)^[rv]?(?=\d)", "", text.strip()))
    except ValueError:
        from torch_doctor.recommendation.question import objections

        raise QuestionError(objections.no_driver(text)) from None
    if release.branch < _OLDEST_BRANCH:
        from torch_doctor.recommendation.question import objections

        raise QuestionError(objections.cuda_as_driver(str(release), matrix))
    if len(release.parts) > 1:
        return release, ()
    row = driver_branch(matrix, release)
    exact = row if row is not None and row.branch == release.branch else None
    windows = platform in ("windows", "wsl")
    last = (exact.last_windows if windows else exact.last_linux) if exact else None
    if last is None and exact is not None and exact.first and not windows:
        return DriverRelease.parse(exact.first), (
            f"driver {release.branch} is taken as {exact.first}, the only release of that branch on record",
        )
    if last is None:
        # Newer than every release of it, and written as it was asked for.
        return DriverRelease((release.branch, 999), str(release.branch)), (
            f"driver {release.branch} is taken as the newest release of that branch",
        )
    return DriverRelease.parse(last), (
        f"driver {release.branch} is taken as {last}, the newest release of that branch on record",
    )


def _python(text: str | None) -> str | None:
    if text is None:
        return None
    match = re.fullmatch(r"(?:cp)?3\.?(\d{1,2})(?:\.\d+)?(t?)", text.strip())
    if not match:
        from torch_doctor.recommendation.question import objections

        raise QuestionError(objections.no_python(text))
    return f"cp3{match[1]}{match[2]}"


def _whole(text: str | None) -> str | None:
    """Return a Python with its third number, where that is told: some releases are made for all but one."""
    match = re.fullmatch(r"(3\.\d{1,2}\.\d+)t?", (text or "").strip())
    return match[1] if match else None


def _glibc(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(?:glibc[ -]?)?(\d)\.(\d{1,2})(?:\.\d+)?", text.strip())
    if not match:
        from torch_doctor.recommendation.question import objections

        raise QuestionError(objections.no_glibc(text))
    return int(match[1]), int(match[2])


def _torch(text: str | None) -> tuple[Spec | None, str | None]:
    """``2.8.0+cu128`` asks for a version and a variant at once."""
    if text is None:
        return None, None
    version, plus, variant = text.strip().partition("+")
    if plus and not re.fullmatch(r"cu\d{2,4}", variant):
        raise QuestionError(
            f"--torch: {one_line(variant, 40)!r} is not a CUDA variant such as cu128"
        )
    return _spec("--torch", version, "2.8.0 or '>=2.6,<2.9'"), variant or None


def _cuda(text: str | None) -> Spec | None:
    if text is None:
        return None
    tag = re.fullmatch(r"cu(\d{2})(\d)", text.strip())
    return _spec("--cuda", f"{tag[1]}.{tag[2]}" if tag else text, "12.6 or '>=12.8'")


def _spec(flag: str, text: str, like: str) -> Spec:
    plain = text.strip()
    numbers = re.fullmatch(r"\d{1,4}\.\d{1,4}(\.\d{1,4})?", plain)
    if numbers:
        return Spec(plain, tuple(map(int, plain.split("."))))
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    plain = f"=={plain}.*" if re.fullmatch(r"\d+", plain) else plain
    try:
        versions = SpecifierSet(plain)
    except InvalidSpecifier:
        versions = SpecifierSet()
    if not len(versions):
        raise QuestionError(
            f"{flag}: not a version or range: {one_line(text, 60)!r} (expected {like})"
        )
    return Spec(text.strip(), versions)


def _each(texts: Iterable[str]) -> Iterator[str]:
    """Yield the names in each text: ``vllm,flash-attn`` are two, ``vllm>=0.10,<0.12`` is one."""
    for text in texts:
        yield from re.split(r"\s*,\s*(?=[A-Za-z])(?![^\[]*\])", text) if "," in text else (text,)


def _feature(text: str, matrix: Matrix) -> Feature:
    wanted = _slug(text)
    by_name = {_slug(row.feature): row for row in matrix.features}
    if wanted in by_name:
        return by_name[wanted]
    from torch_doctor.recommendation.question.objections import suggestion

    raise QuestionError(
        f"--feature: {one_line(text, 40)!r} is not known{suggestion(wanted, by_name)}; "
        f"known are {listing(sorted(row.feature for row in matrix.features))}"
    )


def _companions(texts: Iterable[str], matrix: Matrix) -> Iterable[WantedCompanion]:
    """Return what is asked for, each package once: a name alone adds nothing to a range of it."""
    wanted: dict[str, WantedCompanion] = {}
    for text in _each(texts):
        one = _companion(text, matrix)
        before = wanted.get(one.package, one)
        if before.spec and one.spec and before.spec.text != one.spec.text:
            both = listing((before.spec.text, one.spec.text))
            raise QuestionError(f"--with: {one.package} is asked for twice, with {both}: name one")
        wanted[one.package] = before if one.spec is None else one
    return wanted.values()


def _with_imports(
    wanted: tuple[WantedCompanion, ...], matrix: Matrix
) -> tuple[tuple[WantedCompanion, ...], tuple[str, ...]]:
    """Return *wanted* with what its packages import and do not ask for, and say of each that it is in the plan."""
    found, notes, names = list(wanted), [], {one.package for one in wanted}
    traits = {row.package: row for row in matrix.companion_traits} if wanted else {}
    for one in wanted:
        row = traits.get(one.package)
        for name in (row.imports or ()) if row else ():
            if name not in names:
                names.add(name)
                found.append(WantedCompanion(name, None))
                notes.append(
                    f"{one.package} imports {name} and does not ask for it: so it is asked for here"
                )
    return tuple(found), tuple(notes)


def _companion(text: str, matrix: Matrix) -> WantedCompanion:
    known = {row.package for row in matrix.companions}
    known |= {row.package for row in matrix.extension_naming}
    known |= {row.package for row in matrix.companion_traits}
    match = re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*((?:[<>=!~]=?|===).*)?", text.strip())
    if not match or match[1].endswith(".whl"):
        from torch_doctor.recommendation.question import objections

        raise QuestionError(objections.no_package(text, known))
    name = _slug(match[1])
    recorded = name in known or matrix.select(CompanionBuild, package=name)
    if not recorded and not is_pinned(name, matrix):
        from torch_doctor.recommendation.question import objections

        raise QuestionError(objections.off_record(name, known, matrix))
    return WantedCompanion(name, _spec("--with", match[2], "vllm==0.30.0") if match[2] else None)


def _one_of(flag: str, text: str, known: tuple[str, ...]) -> None:
    if text not in known:
        raise QuestionError(f"{flag}: {one_line(text, 40)!r} is none of {listing(known, 'or')}")


def _slug(text: str) -> str:
    return re.sub(r"[\s._-]+", "-", text.strip().casefold())
