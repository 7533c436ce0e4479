"""What pip says of requirements that exclude each other: the releases that were asked for, and what they depend on."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen, implied
from torch_doctor.pastes.claims.packages import from_package
from torch_doctor.pastes.text.paste import Paste

_HEAD = "the conflict is caused by"
_ASKED = regex(r"^\s{0,12}The user requested ([A-Za-z][\w.-]{1,40})==(\d[\w.+]{0,40})")
_DEPENDS = regex(
    r"^\s{0,12}([A-Za-z][\w.-]{1,40}) (\d[\w.+]{0,40}) depends on ([A-Za-z][\w.-]{1,40}(?:==\d[\w.+]{0,40})?)"
)
_LONGEST = 12  # lines below the head


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the first release of each package that takes part, and what a torch among them pins."""
    for index, _ in paste.with_(_HEAD, 3):
        met: set[str] = set()
        for at in range(index + 1, min(index + _LONGEST, len(paste.lines))):
            text, line = paste.lines[at], paste.number(at)
            depends = _DEPENDS.match(text)
            found = depends or _ASKED.match(text)
            if found is None:
                if text.strip():
                    break
                continue
            name = found[1].lower()
            if name not in met:
                met.add(name)
                yield from implied(from_package(name, found[2], None, None, line))
                # what a list of packages tells is there all the same
                yield Claim("refused_together", name, line, Seen.OBSERVED)
            if depends and name == "torch" and "==" in depends[3]:
                yield Claim("requirements", depends[3], line, Seen.OBSERVED)
