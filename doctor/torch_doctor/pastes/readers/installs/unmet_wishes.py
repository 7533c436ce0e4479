"""People who say that their installer did not find the torch that they asked for."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import UnresolvedRequirement
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste
from torch_doctor.pastes.text.unmet import unmet

# Words of somebody who installs.
_INSTALLING = (
    *("pip", "install", "requirements", "distribution", "docker", "poetry", "conda", "uv "),
    *("安装", "安裝", "インストール"),
)
NOT_FOUND = "no matching distribution"


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the requirement of each sentence that says so."""
    if not paste.has(*_INSTALLING):
        return
    for index, text in paste.with_("torch", 300):
        version = unmet(text)
        if version:
            line = paste.number(index)
            wish = UnresolvedRequirement(f"torch=={version}", reason=NOT_FOUND, line=line)
            yield Claim("unresolved", wish, line, Seen.WORDS)
