"""Python that finds no torch: the program's own, unless an installer made that environment for a build."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Reason
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims.builds import NO_TORCH, isolated
from torch_doctor.pastes.claims.claim import Absence, Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_ABSENT = Absence(Reason.NOT_PRESENT, "No module named 'torch'")


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the import that failed, and that no torch is there."""
    for index, text in paste.with_(NO_TORCH, 1):
        if isolated(paste) is None:
            line = paste.number(index)
            yield Claim("torch_import_error", one_line(text, 200), line, Seen.SESSION)
            yield Claim("torch_version", _ABSENT, line, Seen.WORDS)
