"""p2pBandwidthLatencyTest: whether direct transfers between GPUs are slower than those through the host."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_TITLE = regex(r"P2P=(Disabled|Enabled)\b.{0,30}Bandwidth", re.IGNORECASE)
_ROW = regex(r"^\s{0,12}(\d{1,2})((?:\s{1,12}\d{1,5}\.\d{1,3}){2,16})\s*$")
_ROWS = 20  # lines of one matrix
_MUCH = 2  # direct transfers that are slower by this factor go a long way round


def read(paste: Paste) -> Iterator[Claim]:
    """Yield whether the matrix with direct transfers has the smaller numbers."""
    found: dict[str, list[float]] = {}
    first = 0
    for index, text in paste.with_("p2p=", 20):
        title = _TITLE.search(text)
        if title and title[1].lower() not in found:
            found[title[1].lower()] = list(_between(paste.lines[index + 1 : index + _ROWS]))
            first = first or paste.number(index)
    through, direct = found.get("disabled"), found.get("enabled")
    if through and direct:
        slower = _middle(direct) * _MUCH < _middle(through)
        yield Claim("direct_transfers_slower", slower, first, Seen.TOOL)


def _between(lines: list[str]) -> Iterator[float]:
    """Yield the numbers of one matrix that are of two GPUs."""
    started = False
    for line in lines:
        row = _ROW.match(line)
        if not row:
            if started:
                return
            continue
        started = True
        values = row[2].split()
        yield from (float(value) for at, value in enumerate(values) if at != int(row[1]))


def _middle(numbers: list[float]) -> float:
    return sorted(numbers)[len(numbers) // 2]
