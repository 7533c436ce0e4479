"""pip show: a block of ``Name:``, ``Version:``, ``Location:`` for each package."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.claims.packages import from_package
from torch_doctor.pastes.text.paste import Paste

# As pip and poetry print it, and as a lock file has it.
_NAME = regex(r"\W{0,8}[Nn]ame\s{0,9}[:=] ?\"?([A-Za-z][\w.-]{0,60})\W{0,4}$")
_VERSION = regex(r"\W{0,8}[Vv]ersion\s{0,9}[:=] ?\"?(\d[\w.+!-]{0,60})")
_INSTALLER = regex(r"\W{0,8}Installer ?: ?(pip|uv|conda)\b")
_FIELD = regex(r"\W{0,8}[A-Z][\w -]{2,40} ?:")
_LONGEST = 30  # lines of one block


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the package of every block."""
    for index, text in paste.with_("name", 400):
        name = _NAME.match(text)
        version = _VERSION.match(" ".join(paste.lines[index + 1 : index + 2])) if name else None
        if not name or not version:
            continue
        installer = None
        for line in paste.lines[index + 2 : index + _LONGEST]:
            found = _INSTALLER.match(line)
            installer = found[1] if found else installer
            if found or not _FIELD.match(line):
                break
        number = paste.number(index + 1)
        yield from from_package(name[1], version[1], installer, None, number)
        if name[1].lower() == "torch" and installer is None:
            yield Claim("torch_installer", "pip", number, Seen.PACKAGES, implied=True)
