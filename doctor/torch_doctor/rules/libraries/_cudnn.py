"""Which cuDNN a program beside torch was made for. Shared by the rules of this folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.startup import regex
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.rules.libraries._wheels import from_wheel

_MAJOR = regex(r"(?:lib)?cudnn\w*?(?:64_|\.so\.)(\d+)")
# torch brings cuDNN 9 from this release on, and cuDNN 8 before.
_FIRST_WITH_9 = (2, 4)


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


def cause_of(unloaded: tuple[ErrorSeen, ...]) -> str | None:
    """The cause where the loader says that a part is not there, and not that it is of another release."""
    absent = any("cannot open shared object" in error.text for error in unloaded)
    return "cuda-libs-missing" if absent else None
