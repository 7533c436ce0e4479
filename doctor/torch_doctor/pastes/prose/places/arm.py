"""Machines that exist with one processor and one system alone: a DGX Spark, a Grace Hopper, a server with Arm cores."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.comparisons import is_compared, is_fine_there
from torch_doctor.pastes.prose.statements import is_of_other_days
from torch_doctor.pastes.text.paste import Paste

_MACHINE = regex(
    r"\b(?:DGX[ -]?Spark|GB10|Ascent GX10|GH200|GB[23]00|Grace[ -](?:Hopper|Blackwell)"
    # processors of servers, and a server, node or instance of that kind
    r"|(?:Ampere )?Altra(?: Max)?|Graviton ?\d?|Neoverse|ThunderX\d?|Kunpeng|(?:arm|arm64|aarch64)(?:[ -](?:based|64|64[ -]bit|v8|v9|cpu|linux|ubuntu|debian)){0,2}"
    r"[ -](?:servers?|nodes?|instances?|workstations?|clusters?|cloud))\b|鲲鹏|ARM(?:架构的?)?服务器",
    2,
)
_WORDS = (
    *("spark", "gb10", "gx10", "gh200", "gb200", "gb300", "grace", "altra", "graviton", "neoverse"),
    *("thunderx", "kunpeng", "arm", "aarch64", "鲲鹏"),
)
# One that is denied, or compiled for: "not an Arm server", "the wheel for Arm servers".
_APART = regex(r"\b(?:not|no|for|than|unlike|without)(?: an?| the| any)? $|n['’]t an? $", 2)
_LONGEST = 400  # letters of a line that is a sentence


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the processor and the system of such a machine, where it is the one at hand."""
    for needs in _WORDS:
        for match, line in paste.find(_MACHINE, needs, 3):
            text, start = match.string, match.start()
            if (
                is_compared(text, start)
                or is_of_other_days(text, start)
                or _APART.search(text[:start])
            ):
                continue
            if len(text) < _LONGEST and not is_fine_there(text, match.end()):
                yield Claim("host_arch", "aarch64", line, Seen.TRACE, implied=True)
                yield Claim("os_family", "linux", line, Seen.TRACE, implied=True)
