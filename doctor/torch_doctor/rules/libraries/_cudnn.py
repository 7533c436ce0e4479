"""Which cuDNN a program beside torch was made for. Shared by the rules of this folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes

_MAJOR = re.compile(r"cudnn\w*?(?:64_|\.so\.)(\d+)")
# torch brings cuDNN 9 from this release on, and cuDNN 8 before.
_FIRST_WITH_9 = (2, 4)


def newer_torch(unloaded: Iterable[ErrorSeen], torch: TorchVersion | None) -> Iterator[Action]:
    """Yield what helps where a program asks for a file of cuDNN 9 and torch brings cuDNN 8."""
    majors = {match[1] for error in unloaded if (match := _MAJOR.search(error.text))}
    if "9" in majors and torch is not None and torch.release < _FIRST_WITH_9:
        yield fixes.by_hand(
            f"the program wants cuDNN 9, and torch {torch.public} brings cuDNN 8: install a torch from 2.4 on, or keep "
            "the program that goes with cuDNN 8 (ctranslate2 up to 4.4)"
        )
