"""Which Python or which build to name, where an installer found no torch. Shared by the rules of this folder."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.judgement import Judgement, Kind
from torch_doctor.core.records import (
    NOT_WHERE_ASKED,
    WITHOUT_ITS_TAG,
    UnresolvedRequirement,
)
from torch_doctor.core.rule import Draft, finding
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.builds.rows import Companion
from torch_doctor.matrix.builds.spans import of_glibc
from torch_doctor.matrix.builds.systems import index_of
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.python._indexes import (
    around_unpublished,
    is_of_torch,
    of_minor,
    pytorch_indexes,
    torch_wanted,
)

# Where any release will do, a Python that is some years old: what stands beside torch has wheels for it, too.
BEHIND = 2
_COMMON = ("linux-x86_64", "windows-x86_64")
SHORT = 32  # bits of a Python that torch has no wheels for
_CP = regex(r"cp3(\d+)")
_COMPANION = regex(r"(torchvision|torchaudio)==(\d+(?:\.\d+)+)((?:\+\w+)?)$")
_FOR_SOME = regex(r"Python|\bcp3\d|wheel|platform|index")
_LOCAL = regex(r"\+(cu\d{2,4})\b")


def in_torchs_words(wish: UnresolvedRequirement, matrix: Matrix) -> UnresolvedRequirement:
    """Return the wish for a torchvision or torchaudio as one for the torch that it goes with, if on record."""
    match = _COMPANION.match(wish.requirement)
    if match is None:
        return wish
    pairs = {
        row.version: row.torch.removeprefix("==")
        for row in matrix.select(Companion, package=match[1])
        if row.torch and row.torch.startswith("==")
    }
    if match[2] not in pairs:
        return wish
    versions = [version.partition("+") for version in wish.offered or ()]
    offered = tuple(f"{pairs[one]}{plus}{tag}" for one, plus, tag in versions if one in pairs)
    return wish._replace(requirement=f"torch=={pairs[match[2]]}{match[3]}", offered=offered)


def first_wish(
    unresolved: tuple[UnresolvedRequirement, ...], tag: str | None, matrix: Matrix
) -> tuple[UnresolvedRequirement, UnresolvedRequirement] | None:
    """Return the first wish for torch, or for what goes with one release of it: as that torch, and as it was asked."""
    wishes = ((in_torchs_words(wish, matrix), wish) for wish in unresolved)
    return next((two for two in wishes if is_of_torch(two[0], tag)), None)


def not_had(wish: UnresolvedRequirement, python: str | None, index_read: bool) -> str:
    """Say what was wished and what was offered instead, or why nothing was. *index_read*: its minor is there."""
    others = "; its minor release was published: not for this Python" if index_read else ""
    if wish.offered:
        return f"{wish.requirement} is not offered; {', '.join(wish.offered[-4:])} are{others}"
    if wish.reason == WITHOUT_ITS_TAG:
        return f"{wish.requirement} is refused: {wish.reason}"
    why = f": {one_line(wish.reason, 200)}" if wish.reason else " (nothing was offered)"
    return f"no {wish.requirement} fits {python or 'this Python'}{why}{others}"


def had_anyway(wish: UnresolvedRequirement, python: str | None) -> str:
    """Say that nothing was found although it is published for this Python."""
    return f"no {wish.requirement} was found, although there is such a wheel for {python}"


def another_python(wish: UnresolvedRequirement, matrix: Matrix) -> Action:
    """Name the Pythons that the wished release has wheels for; those of the newest one where none is named."""
    release = torch_wanted((wish.requirement,))
    rows = [row for row in of_minor(release, matrix) if row.python_tags] if release else []
    older = 0
    if not rows:
        older = BEHIND
        rows = [row for row in matrix.torch_builds if row.python_tags and not row.cuda]
        release = max((row.torch for row in rows), key=release_key, default=None)
        rows = [row for row in rows if row.torch == release]
    minors = {int(m[1]) for row in rows for tag in row.python_tags or () if (m := _CP.match(tag))}
    if not minors:
        text = "use a Python that torch has wheels for, and an index that serves this platform"
        return fixes.by_hand(text)
    known = release in {row.torch for row in rows}
    named = release if known else _minor(release)
    text = (
        f"use a 64-bit Python 3.{min(minors)} to 3.{max(minors)}, which torch {named} has wheels for; "
        "a Python that just came out has wheels only from the next torch on"
    )
    tag = _LOCAL.search(wish.requirement)
    if known and tag and wish.offered and all("+" not in version for version in wish.offered):
        text += f". Builds for +{tag[1]} are on {index_of(tag[1])}, not on the default index"
    return fixes.make_environment(text, f"3.{max(min(minors), max(minors) - older)}")


def is_file_for_another(
    wish: UnresolvedRequirement, python_tag: str | None, matrix: Matrix
) -> bool:
    """Whether a wheel was named by its file, and its release has one for this Python, too."""
    release = torch_wanted((wish.requirement,))
    rows = [row for row in matrix.torch_builds if row.torch == release]
    served = any(python_tag in (row.python_tags or ()) for row in rows)
    return wish.requirement.endswith(".whl") and served


def default_lacks(
    wish: UnresolvedRequirement, sources: tuple[str, ...], python_tag: str | None, matrix: Matrix
) -> bool:
    """Whether the wish names a build by its CUDA, of which the default index has none, and no other was asked.

    An installer that says that no index has it did not ask the one that the text names, which has. Where the Python is
    known, it is the Python's fault that a build was not found which is not published for it.
    """
    found = _LOCAL.search(wish.requirement)
    not_asked = wish.reason == NOT_WHERE_ASKED
    named = wish.index is not None or list(pytorch_indexes(sources))
    if not found or (named and not not_asked) or wish.offered is not None:
        return False
    if not not_asked and not _is_not_there(wish.reason):
        return False
    release = torch_wanted((wish.requirement,))
    rows = [r for r in matrix.torch_builds if r.torch == release and r.variant == found[1]]
    return any(python_tag is None or python_tag in (row.python_tags or ()) for row in rows)


def _is_not_there(reason: str | None) -> bool:
    """Whether an installer says no more than that there is no such version."""
    if reason in (None, "no matching distribution"):
        return True
    return "unsatisfiable" in reason and not _FOR_SOME.search(reason)


def served_pythons(
    wish: UnresolvedRequirement, bits: int | None, platform: str | None, matrix: Matrix
) -> set[str]:
    """The Pythons for which the default index has the wish on *platform*, although nothing was offered.

    Where no release is named, any release will do; a *platform* that is not known may be each of the common ones.
    """
    if wish.offered or _LOCAL.search(wish.requirement) or bits == SHORT:
        return set()
    release = torch_wanted((wish.requirement,))
    if release is not None and (platform is None or wish.offered is None):
        return set()
    rows = [
        row
        for row in matrix.torch_builds
        if row.torch == release or (release is None and row.on_pypi)
    ]
    return set.intersection(
        *(
            {
                tag.rstrip("m")
                for row in rows
                if row.platform == one
                for tag in row.python_tags or ()
            }
            for one in ([platform] if platform else _COMMON)
        )
    )


def before_its_wheels(tag: str, matrix: Matrix) -> Iterator[Action]:
    """Yield the Python to take where a report is from before the wheels for its own: that of the newest torch alone."""
    rows = [row for row in matrix.torch_builds if row.python_tags and not row.cuda]
    newest = max((row.torch for row in rows), key=release_key, default=None)
    minor = _CP.match(tag)
    if minor and any(tag in (row.python_tags or ()) for row in rows if row.torch == newest):
        text = (
            f"where Python 3.{minor[1]} had just come out, and torch had no wheels for it yet, use one that is a year "
            "older"
        )
        yield fixes.make_environment(text, f"3.{int(minor[1]) - 1}")


def never_had(
    wish: UnresolvedRequirement,
    asked: UnresolvedRequirement,
    bits: int | None,
    python: str | None,
    matrix: Matrix,
) -> tuple[bool, str, Action] | None:
    """Say what no index could have: whether it is the index's fault, why, and the cure; None where one could."""
    if bits == SHORT:
        return False, *_of_64_bits(asked, python)
    around = around_unpublished(torch_wanted((wish.requirement,)), matrix)
    if around is None or not wish.offered:
        return None
    before, after = around
    cure = fixes.by_hand(
        f"ask for a release that exists: {before} comes before it, {after} after it; where the number is a slip, see "
        "which release the project was written for"
    )
    message = (
        f"{asked.requirement} was never published: {before} and {after} are the releases around it"
    )
    return True, message, cure


def _of_64_bits(asked: UnresolvedRequirement, version: str | None) -> tuple[str, Action]:
    """Say that a Python of 32 bits gets no torch, and how one of 64 is had, of the same minor release where known."""
    minor = f" {'.'.join(version.split('.')[:2])}" if version else ""
    text = f"install the 64-bit Python{minor} and make a new environment with it: torch has no build of 32 bits"
    return (
        f"{asked.requirement} has no wheel for a Python of 32 bits, and no torch has",
        fixes.by_hand(text),
    )


def why_nothing(wish: UnresolvedRequirement) -> Action:
    """Ask what decides where nothing is offered that is published: the build of the Python, pip, or the index."""
    return fixes.ask_fact(
        "see which of these it is: a 32-bit Python (torch has none; install the 64-bit one), a free-threaded Python or "
        "one for musl (Alpine), a pip too old to know the wheels, an index or mirror that is configured and has no "
        "torch, or no way to the index",
        "python -c \"import struct, sysconfig; print(8 * struct.calcsize('P'), sysconfig.get_config_var('SOABI'))\"",
        "python -m pip --version",
        "python -m pip config list",
        f'python -m pip download --no-deps "{wish.requirement}"',
    )


def named_build(
    wish: UnresolvedRequirement,
    indexes: tuple[str, ...],
    platform: str,
    cures: Cures,
    matrix: Matrix,
) -> Action:
    """Name a build that exists by its local version: a bare version may be another platform's file on that index."""
    release = torch_wanted((wish.requirement,))
    rows = [row for row in matrix.torch_builds if row.platform == platform and row.cuda]
    same = [row for row in rows if row.torch == release]
    near = same or [row for row in rows if release and row.torch.startswith(f"{_minor(release)}.")]
    tags = [index.tag for index in pytorch_indexes((*indexes, wish.requirement))]
    tags += _LOCAL.findall(wish.requirement)
    asked = [row for row in near if row.variant in tags]
    if not near:
        text = f"name the build and its index: such as torch==2.9.1+cu128 from {index_of('cu128')}"
        return fixes.by_hand(text)
    row = max(asked or near, key=lambda one: (release_key(one.torch), release_key(one.cuda or "0")))
    never = "" if same else f" (there is no torch {release})"
    return cures.install(row._replace(index_url=index_of(row.variant)), never)


def _minor(release: str | None) -> str:
    return ".".join((release or "").split(".")[:2])


def for_glibc(wanted: str | None, matrix: Matrix) -> Iterator[Action]:
    """Yield what helps; a package that is not torch may want a C library newer than any torch does."""
    (*older, newest) = of_glibc(matrix)
    if wanted and tuple(map(int, wanted.split("."))) > newest:
        newer = f"run it in a container, or on a system, with glibc {wanted} or newer"
        yield fixes.by_hand(newer, scope="container")
        yield fixes.by_hand(
            "compile the package that asks for it from source, on the system where it runs: torch needs no such glibc"
        )
        return
    yield fixes.by_hand("run torch in a container with a newer system", scope="container")
    for glibc in older[-1:]:
        last = of_glibc(matrix)[glibc].last
        which = ".".join(map(str, glibc))
        yield fixes.by_hand(f"install torch {last}, the last one for glibc {which} on x86_64")


def not_for_python(judgement: Judgement) -> Iterator[Draft]:
    """Yield that the build which somebody assumed has no wheel for the Python."""
    for objection in judgement.of(Kind.PYTHON_WITHOUT_WHEEL):
        other = fixes.by_hand("take another Python, or another torch", "torch-doctor recommend")
        yield finding("python", objection.message, because=objection.because, fixes=[other])
