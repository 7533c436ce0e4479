"""Machines that exist with one processor and one system alone: a DGX Spark, a Grace Hopper."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.comparisons import is_compared, is_fine_there
from torch_doctor.pastes.prose.statements import is_of_other_days
from torch_doctor.pastes.text.paste import Paste

_MACHINE = regex(
    r"\b(?:DGX[ -]?Spark|GB10|Ascent GX10|GH200|GB[23]00|Grace[ -](?:Hopper|Blackwell))\b", 2
)
_WORDS = ("spark", "gb10", "gx10", "gh200", "gb200", "gb300", "grace")
_LONGEST = 400  # letters of a line that is a sentence


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the processor and the system of such a machine, where it is the one at hand."""
    for needs in _WORDS:
        for match, line in paste.find(_MACHINE, needs, 3):
            text, start = match.string, match.start()
            if is_compared(text, start) or is_of_other_days(text, start):
                continue
            if len(text) < _LONGEST and not is_fine_there(text, match.end()):
                yield Claim("host_arch", "aarch64", line, Seen.TRACE, implied=True)
                yield Claim("os_family", "linux", line, Seen.TRACE, implied=True)
