"""The channels of conda that a file or words name: who takes packages from conda-forge alone stays with it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.claims.packages import CONDA_FORGE
from torch_doctor.pastes.text.paste import Paste

# "channels: [conda-forge]", "channels: conda-forge only", and with a list on the lines below.
_CHANNELS = regex(
    r"(?:^|[\s(`])channels?\s{0,3}[:=]\s{0,3}(?P<one>\[[^\]\n]{0,200}\]|[\w./:-]{1,60}(?:, ?[\w./:-]{1,60}){0,5})?",
    re.IGNORECASE,
)
_ITEM = regex(r"^\s{0,12}- ['\"]?([\w./:-]{1,80})['\"]?\s{0,4}(?:#.*)?$")
_OF_CONDA = regex(
    r"(?:^\s{0,12}- |\b(?:conda|mamba|micromamba) [^\n]{0,200}\s)[\"']?(?:[\w-]{1,30}::)?pytorch(?:-[cg]pu)?(?![\w-])"
)
# A wheel of torch's own index lies over whatever the channel has.
_WHEELS = ("+cu", "+cpu")
_NO_CHANNEL = "nodefaults"


def read(paste: Paste) -> Iterator[Claim]:
    """Yield that torch is of conda-forge where no other channel is named, and conda was asked for it."""
    if paste.has(*_WHEELS) or not any(True for _ in paste.find(_OF_CONDA, "pytorch", 1)):
        return
    named = [(channel, line) for line, those in _named(paste) for channel in those]
    if named and {channel for channel, _ in named} == {CONDA_FORGE}:
        yield Claim("torch_origin", CONDA_FORGE, named[0][1], Seen.WORDS)


def _named(paste: Paste) -> Iterator[tuple[int, set[str]]]:
    for index, text in paste.with_("channel", 20):
        for match in _CHANNELS.finditer(text):
            words = match["one"]
            found = re.findall(r"[\w./:-]+", words) if words else _below(paste, index)
            channels = {name.rstrip("./").rpartition("/")[2] for name in found}
            yield paste.number(index), channels - {_NO_CHANNEL}


def _below(paste: Paste, index: int) -> Iterator[str]:
    for following in paste.lines[index + 1 : index + 12]:
        item = _ITEM.match(following)
        if item is None:
            return
        yield item[1]
