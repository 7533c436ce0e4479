"""NVIDIA's own list of data-center driver releases, which it publishes for programs to read."""

from __future__ import annotations

import json
import re

from torch_doctor.core.startup import Any, regex
from torch_doctor.core.text import one_line
from torch_doctor.matrix.proposals.drivers import ListedBranch, ListedRelease
from torch_doctor.online.web import OnlineError
from torch_doctor.online.whole import whole_file

RELEASES = "https://docs.nvidia.com/datacenter/tesla/drivers/releases.json"
_VERSION, _DAY = regex(r"\d{3,4}(\.\d{1,4}){1,2}"), regex(r"\d{4}-\d\d-\d\d")


def listed_branches(url: str = "") -> tuple[ListedBranch, ...]:
    """Return the branches that the list names, oldest first; raise OnlineError where it cannot be read.

    What is not in the form that was seen is left out; a list of which nothing is left is an error.
    """
    try:
        document = json.loads(whole_file(url or RELEASES))
    except (ValueError, RecursionError):
        raise OnlineError(f"{url or RELEASES}: it is no JSON") from None
    entries = document.items() if isinstance(document, dict) else ()
    found = [_branch(name, entry) for name, entry in entries]
    listed = sorted((one for one in found if one), key=lambda one: one.branch)
    if not listed:
        raise OnlineError(f"{url or RELEASES}: it lists no driver in a form that is known")
    return tuple(listed)


def _branch(name: str, entry: Any) -> ListedBranch | None:
    listed = entry.get("driver_info") if isinstance(entry, dict) else None
    if not re.fullmatch(r"\d{3,4}", name) or not isinstance(listed, list):
        return None
    releases = tuple(filter(None, map(_release, listed)))
    kind = entry.get("type")
    if not releases:
        return None
    return ListedBranch(int(name), one_line(kind, 60) if isinstance(kind, str) else "", releases)


def _release(entry: Any) -> ListedRelease | None:
    version = entry.get("release_version") if isinstance(entry, dict) else None
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        return None
    day = entry.get("release_date")
    return ListedRelease(version, day if isinstance(day, str) and _DAY.fullmatch(day) else None)
