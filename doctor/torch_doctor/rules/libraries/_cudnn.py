"""Which cuDNN a program beside torch was made for. Shared by the rules of this folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.records import ErrorSeen, Gpu, LibraryFile, Package
from torch_doctor.core.startup import regex
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.rules.libraries._wheels import from_wheel

_MAJOR = regex(r"(?:lib)?cudnn\w*?(?:64_|\.so\.)(\d+)")
# torch brings cuDNN 9 from this release on, and cuDNN 8 before.
_FIRST_WITH_9 = (2, 4)
_LITTLE_MIB = 512


def that_fits(unloaded: Iterable[ErrorSeen], torch: TorchVersion | None) -> Iterator[Action]:
    """Yield what helps where a program asks for a file of another cuDNN than the one that torch brings."""
    texts = [match for error in unloaded if (match := _MAJOR.search(error.text))]
    majors = {match[1] for match in texts}
    if torch is None:
        for match in texts[:1]:
            yield from from_wheel(match[0] if ".so." in match[0] else "")
        return
    older = torch.release < _FIRST_WITH_9
    if "9" in majors and older:
        yield fixes.by_hand(
            f"the program wants cuDNN 9, and torch {torch.public} brings cuDNN 8: install a torch from 2.4 on, or keep "
            "the program that goes with cuDNN 8 (ctranslate2 up to 4.4)"
        )
    elif "8" in majors and not older:
        yield fixes.by_hand(
            f"the program wants cuDNN 8, and torch {torch.public} brings cuDNN 9: install the release of the program "
            "for cuDNN 9 (ctranslate2 from 4.5 on), or a torch up to 2.3"
        )


def cause_of(unloaded: tuple[ErrorSeen, ...], there: frozenset[str]) -> str | None:
    """The cause where the loader says that a part is not there; cuDNN of another major that is *there* is of no use."""
    absent = any("cannot open shared object" in error.text for error in unloaded)
    wanted = {match[1] for error in unloaded if (match := _MAJOR.search(error.text))}
    other = bool(there) and wanted.isdisjoint(there)
    return "cuda-libs-missing" if absent and not other else None


def majors_of(picks: Iterable[LibraryFile], package: Package | None) -> frozenset[str]:
    """Return the majors of cuDNN that are there: of the files that the loader knows, and of torch's own wheel."""
    found = {match[1] for pick in picks if (match := _MAJOR.search(pick.path))}
    own = {package.version.partition(".")[0]} if package and package.version else set()
    return frozenset(found | own)


def is_full(gpu: Gpu) -> bool:
    """Whether so little memory is left that cuDNN cannot start."""
    if gpu.memory_mib is None or gpu.memory_used_mib is None:
        return False
    return gpu.memory_mib - gpu.memory_used_mib < _LITTLE_MIB
