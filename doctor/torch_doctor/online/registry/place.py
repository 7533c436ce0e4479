"""Where an image is kept: the registry, the repository and the tag or digest of a reference."""

from __future__ import annotations

import ipaddress
import re

from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.online.web import OnlineError

_HUB, _HUB_API = "docker.io", "registry-1.docker.io"
_HUB_NAMES = (_HUB, "index.docker.io", _HUB_API)
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"\w[\w.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_HOST = re.compile(r"(?:[\w.-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?")


class ImagePlace(NamedTuple):
    """A reference taken apart. *host* is as people call the registry, *version* the tag, or the digest."""

    host: str
    repository: str
    version: str

    @property
    def server(self) -> str:
        """The host that answers for the registry."""
        return _HUB_API if self.host == _HUB else self.host

    @property
    def shown(self) -> str:
        """The reference as people write it."""
        own = self.repository.removeprefix("library/") if self.host == _HUB else self.repository
        sign = "@" if self.version.startswith("sha256:") else ":"
        return f"{'' if self.host == _HUB else self.host + '/'}{own}{sign}{self.version}"

    @property
    def is_loopback(self) -> bool:
        """Whether the registry is on this machine, where docker takes one without TLS."""
        name = self.host.rpartition(":")[0] if re.search(r":\d+$", self.host) else self.host
        return on_loopback(name.strip("[]"))


def on_loopback(host: str) -> bool:
    """Whether a host, without its port, is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def place_of(reference: str) -> ImagePlace:
    """Take a reference apart as docker does; raise OnlineError where it is none."""
    first, slash, rest = reference.strip().partition("/")
    named = bool(slash) and (re.search(r"[.:\[]", first) or first == "localhost")
    host, name = (first, rest) if named else (_HUB, reference.strip())
    host = _HUB if host in _HUB_NAMES else host
    name, _, digest = name.partition("@")
    repository, colon, tag = name.partition(":")
    if host == _HUB and "/" not in repository:
        repository = f"library/{repository}"
    sound = (
        _HOST.fullmatch(host)
        and _REPOSITORY.fullmatch(repository)
        and (not colon or _TAG.fullmatch(tag))
        and (not digest or _DIGEST.fullmatch(digest))
    )
    if not sound:
        raise OnlineError(f"not the name of an image in a registry: {one_line(reference, 200)}")
    return ImagePlace(host, repository, digest or tag or "latest")
