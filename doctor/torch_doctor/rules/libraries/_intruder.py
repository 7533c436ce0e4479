"""Which copy of a CUDA library torch gets where it is not torch's own. Shared by the rules of this folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.core.finding import Action, Severity
from torch_doctor.core.records import ErrorSeen, KernelResult, LibraryFile, LoadedLibrary, Package
from torch_doctor.core.rule import Draft, finding
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.builds.cuda_libraries import of_component
from torch_doctor.matrix.builds.rows import CudaLibrary
from torch_doctor.matrix.pattern import carries
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix

# What the rules on copies from elsewhere speak of.
COPIES = ("library_picks", "loaded_libraries")


class Copies(NamedTuple):
    """What these rules need: which copy the loader would pick, which was mapped, the variables that decide it."""

    packages: tuple[Package, ...]
    matrix: Matrix
    library_picks: tuple[LibraryFile, ...] = ()
    loaded_libraries: tuple[LoadedLibrary, ...] = ()
    torch_origin: str | None = None
    ld_library_path: str | None = None
    ld_preload: str | None = None
    kernel_results: tuple[KernelResult, ...] = ()
    errors: Errors = NONE_SEEN


class Intruder(NamedTuple):
    """A copy that is taken instead of torch's own; *how* is LD_LIBRARY_PATH, LD_PRELOAD, ld.so.cache …"""

    path: str
    version: str | None
    how: str
    own: Package
    library_path: str | None = None


def own_package(component: str, packages: Iterable[Package]) -> Package | None:
    """Return the wheel that brings a library for torch, such as nvidia-cudnn-cu12."""
    name = re.compile(rf"nvidia-{component}(?:-cu\d+)?")
    return next((package for package in packages if name.fullmatch(package.name)), None)


def find_intruder(rows: tuple[CudaLibrary, ...], facts: Copies) -> Intruder | None:
    """Return the copy of a library that comes before the one of torch's own wheel, or None.

    What was mapped outranks what would be picked. Another copy of the same version changes nothing. A torch that
    brings no NVIDIA wheels (conda, NGC, source builds) takes its libraries elsewhere by design.
    """
    own = own_package(rows[0].component, facts.packages)
    if own is None or facts.torch_origin not in (None, "pytorch"):
        return None
    file = re.compile(rf"(?:{'|'.join(row.name for row in rows)})\.so(?:\.[\d.]+)?")
    mapped = [item for item in facts.loaded_libraries if file.fullmatch(item.name)]
    if facts.loaded_libraries:
        taken = next(((item.path, item.version) for item in mapped), None)
    else:
        picks = [
            item for item in facts.library_picks if file.fullmatch(item.path.rpartition("/")[2])
        ]
        taken = next(((pick.path, pick.version) for pick in picks), None)
    if taken is None or re.search(r"/(?:site|dist)-packages/", taken[0]):
        return None
    if taken[1] and _same(taken[1], own.version):
        return None
    return Intruder(taken[0], taken[1], _how(taken[0], facts), own, facts.ld_library_path)


def is_older(one: str | None, other: str) -> bool:
    """Whether version *one* is older than *other*, compared as far as both say; unknown counts as older."""
    return one is None or _numbers(one) < _numbers(other)[: len(_numbers(one))]


def misplaced(component: str, harm: str, facts: Copies) -> Iterator[Draft]:
    """Yield the finding on a copy that comes before the one of torch's own wheel, where there is one.

    *harm* is the pattern of the errors that prove harm by another copy.
    """
    rows = of_component(component, facts.matrix)
    intruder = find_intruder(rows, facts)
    if intruder:
        seen = next((one_line(error.text, 200) for error in facts.errors.matching(harm)), "")
        yield judge(rows[0].label, intruder, facts.kernel_results, seen)


def judge(label: str, intruder: Intruder, results: tuple[KernelResult, ...], seen: str) -> Draft:
    """Word an intruder: an error where *seen* proves harm, a note where kernels ran on a newer copy."""
    version = f" {intruder.version}" if intruder.version else ""
    message = (
        f"the loader takes {label}{version} from {intruder.path} (by {intruder.how}) "
        f"instead of {intruder.own.name} {intruder.own.version}, which torch brings"
    )
    severity = Severity.WARNING
    if results and all(result.ok and not result.error for result in results):
        severity = severity if is_older(intruder.version, intruder.own.version) else Severity.NOTE
    if seen:
        message, severity = f"{message}; seen: {seen}", Severity.ERROR
    return finding("libraries", message, severity=severity, fixes=[cure(intruder)])


def cure(intruder: Intruder) -> Action:
    """Return how to take an intruder out of the loader's way."""
    folder = intruder.path.rpartition("/")[0]
    if intruder.how == "LD_PRELOAD":
        return fixes.unset_variable("LD_PRELOAD", f"it puts {folder} before torch's own libraries")
    if intruder.how in ("LD_LIBRARY_PATH", "ld.so.cache"):
        return fixes.off_library_path(folder, intruder.library_path)
    return fixes.by_hand(f"remove {intruder.path}, or keep it off the loader's path")


def _how(path: str, facts: Copies) -> str:
    if path in re.split(r"[\s:]+", facts.ld_preload or ""):
        return "LD_PRELOAD"
    folder = path.rpartition("/")[0]
    if folder in [entry.rstrip("/") for entry in re.split(r"[:;]", facts.ld_library_path or "")]:
        return "LD_LIBRARY_PATH"
    via = next((pick.found_via for pick in facts.library_picks if pick.path == path), None)
    return via or "the loader's own search"


def _same(one: str, other: str) -> bool:
    length = min(len(_numbers(one)), len(_numbers(other)))
    return length > 1 and _numbers(one)[:length] == _numbers(other)[:length]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


# Who says where another copy comes from: a folder of the system's, a variable, a package beside pip's, an image.
_OTHER_NCCL = (
    r"LD_LIBRARY_PATH|LD_PRELOAD|/usr/(?:local/)?(?:lib|nccl|cuda)[^\n]{0,60}nccl|nccl\b[^.;\n]{0,24} in /usr/"
    r"|libnccl2|\bapt\b|ld\.so\.conf"
    r"|\b(?:container|docker)\b|\b(?:another|other|different|custom|own|manually?)\b[^.;\n]{0,40}\bnccl\b"
)


def nccl_elsewhere(errors: Errors, remarks: Iterable[ErrorSeen]) -> bool:
    """Whether errors or words name another place for NCCL than the wheel's."""
    elsewhere = any(carries(_OTHER_NCCL, remark.text) for remark in remarks)
    return elsewhere or bool(errors.matching(_OTHER_NCCL))
