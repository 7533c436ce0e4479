"""Files of docker compose, whole or in part: which service is started, and whether it asks for GPUs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

# What gives a service GPUs; a line that is commented out gives none.
_ASKS = regex(
    r"^(?!\s{0,40}#)[^\n]{0,60}?(?:driver:\s{0,4}['\"]?nvidia\b|capabilities:\s{0,4}\[[^\]]{0,40}gpu|runtime:\s{0,4}['\"]?nvidia\b"
    r"|nvidia\.com/gpu\s{0,4}[:=]|(?<![\w-])gpus:\s{0,4}['\"]?(?:all|\d|\[|$)|/dev/nvidia(?:\d|ctl)|-\s{1,4}['\"]?gpu['\"]?\s*$)",
    re.MULTILINE,
)
# What the driver's libraries are asked for: with any of them named, only those that are named come.
_CAPABILITIES = regex(
    r"\bcapabilities['\"]?:\s{0,4}\[{1,2}\s{0,2}((?:['\"]?[a-z0-9]{2,10}['\"]?\s{0,2},?\s{0,2}){1,8})\]",
    re.IGNORECASE,
)
_OF_A_DRIVER = ("compute", "utility", "graphics", "video", "display", "ngx", "compat32", "all")
_SOURCE = regex(r"^\s{1,12}(?:image|build):(?:\s|$)")
# Other keys of a service; three lines of a Pod's manifest have none of them. A job of CI has an environment too.
_KEY = regex(
    r"^\s{1,12}(?:ports|volumes|restart|container_name|env_file|depends_on|networks|entrypoint|shm_size|healthcheck|tty|stdin_open|network_mode|ipc):(?:\s|$)"
)
_OF_A_POD = ("containers:", "apiversion:", "kubectl")
# A file of CI has images and services as well, and what it runs besides.
_OF_CI = regex(
    r"^\s{0,12}(?:- )?(?:jobs|(?:before_|after_)?script|steps|stages):(?:\s|$)", re.MULTILINE
)
_AROUND = 12  # lines of one service


def read(paste: Paste) -> Iterator[Claim]:
    """Yield that a compose file starts the container, and whether it asks for GPUs."""
    yield from _capabilities(paste)
    line = None if _is_of_ci(paste) else _whole(paste) or _part(paste)
    if line is None:
        if paste.has("deploy:", "nvidia.com/gpu", "runtime:"):
            yield from _requests(paste)
        return
    yield Claim("compose", True, line, Seen.COMMAND)
    if _ASKS.search(paste.text):
        yield from _requests(paste)
        return
    # a run of this container that names GPUs says so itself
    yield Claim("container_gpus_requested", False, line, Seen.COMMAND, implied=True)
    yield Claim("container", "docker", line, Seen.WORDS)


def _is_of_ci(paste: Paste) -> bool:
    return paste.has("jobs:", "script:", "steps:", "stages:") and bool(_OF_CI.search(paste.text))


def _whole(paste: Paste) -> int | None:
    if paste.has("services:") and paste.has("image:", "build:"):
        return next((paste.number(index) for index, _ in paste.with_("services:", 1)), 1)
    return None


def _part(paste: Paste) -> int | None:
    """Return the line of a service without the head of its file: its image beside another key, as far indented."""
    for needs in () if paste.has(*_OF_A_POD) else ("image:", "build:"):
        for index, text in paste.with_(needs, 20):
            if not _SOURCE.match(text):
                continue
            margin = len(text) - len(text.lstrip())
            for near in paste.lines[max(0, index - _AROUND) : index + _AROUND]:
                if len(near) - len(near.lstrip()) == margin and _KEY.match(near):
                    return paste.number(index)
    return None


def _capabilities(paste: Paste) -> Iterator[Claim]:
    """Yield what of the driver a device request names besides the GPU, and that it asks for GPUs."""
    for match, line in paste.find(_CAPABILITIES, "capabilities", 3):
        words = [word.strip(" '\"").lower() for word in match[1].split(",")]
        named = [word for word in words if word in _OF_A_DRIVER]
        if "gpu" in words and named and not match.string.lstrip().startswith("#"):
            yield Claim("container_gpus_requested", True, line, Seen.COMMAND)
            yield Claim("nvidia_driver_capabilities", ",".join(named), line, Seen.COMMAND)
            yield Claim("compose", True, line, Seen.COMMAND)
            yield Claim("container", "docker", line, Seen.WORDS)


def _requests(paste: Paste) -> Iterator[Claim]:
    for needs in ("nvidia", "gpu"):
        for _, line in paste.find(_ASKS, needs, 5):
            yield Claim("container_gpus_requested", True, line, Seen.COMMAND)
