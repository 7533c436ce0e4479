"""Distributions in the target's site directories, by the names of their records. importlib.metadata is not used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from torch_doctor.core.startup import Any, regex
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.python.target import Target

_RECORD_NAME = regex(r"(.+?)-(\d[^-]*)(?:-.*)?\.(?:dist|egg)-info", re.IGNORECASE)


class Dist(NamedTuple):
    """One installed distribution; *path* is its dist-info or egg-info, *site* the directory that holds it."""

    name: str
    version: str
    path: str
    site: str


def distributions(host: Host, target: Target) -> Iterator[Dist]:
    """Yield every distribution on the search path, in search order; leftovers (~orch) are none."""
    for site in target.search_path:
        for entry in names(host, site):
            match = _RECORD_NAME.fullmatch(entry)
            if match and not entry.startswith("~"):
                yield Dist(normalize(match[1]), one_line(match[2]), f"{site}/{entry}", site)


def normalize(name: str) -> str:
    """Return a distribution's name in the form of PEP 503."""
    return one_line(re.sub(r"[-_.]+", "-", name).lower())


def names(host: Host, directory: str) -> list[str]:
    """Return the names in a directory; none where it cannot be read."""
    try:
        return host.listdir(directory)
    except OSError:
        return []


def answer(host: Host, name: str, question: Callable[[], Any]) -> Any:
    """Return the plain JSON value of *question*, which a recording keeps in place of the large files behind it."""
    answered = host.call(name, lambda: {"answer": question()})
    return answered["answer"] if isinstance(answered, dict) else question()


def text(host: Host, path: str, limit: int = 1 << 20) -> str:
    """Return a file's text; empty where it cannot be read."""
    try:
        return host.read_text(path, limit)
    except OSError:
        return ""
