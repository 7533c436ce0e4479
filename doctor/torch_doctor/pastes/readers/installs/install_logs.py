"""What installers did, in the order in which they did it: what was removed is gone, and the last word counts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.claims.packages import from_package, matters
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.paste import Paste

_INSTALLED = regex(
    r"\b([A-Za-z][\w.]{1,40}(?:-[A-Za-z][\w]{0,30}){0,6}?)-(\d[\w.+]{0,40})(?=[\s,;]|$)"
)
_REMOVED = regex(
    r"(?:Uninstalling|Successfully uninstalled|Found existing installation:) ([A-Za-z][\w.-]{0,60}?)[- ](\d[\w.+]{0,40})"
)
_UV = regex(r"\s{0,4}([+~-]) ([a-z0-9][\w.-]{0,60})==(\d[\w.+]{0,60})")
_POETRY = regex(
    r"[-•] (Installing|Updating|Downgrading|Removing) ([a-z0-9][\w.-]{0,60}) \((?:\d[\w.+]{0,60} -> )?(\d[\w.+]{0,60})"
)
_MOST = 3000  # lines of logs


class _Step(NamedTuple):
    """One thing that an installer did, at one line of the paste."""

    at: int
    name: str
    version: str
    installer: str
    removed: bool


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the packages that are there when the last line of the logs is written."""
    steps = sorted((*_pip(paste), *_uv(paste), *_poetry(paste)), key=lambda step: step.at)
    last: dict[str, _Step] = {}
    for step in steps:
        if matters(step.name):
            last[re.sub(r"[-_.]+", "-", step.name.lower())] = step
    for step in last.values():
        if not step.removed:
            line = paste.number(step.at)
            yield from from_package(step.name, step.version, "pip", None, line)
            if step.installer != "pip" and step.name == "torch":
                yield Claim("torch_installer", step.installer, line, Seen.PACKAGES)
    yield from _replaced(steps, last.get("torch"), paste)


def _replaced(steps: list[_Step], last: _Step | None, paste: Paste) -> Iterator[Claim]:
    """Yield the torch that was removed to put another one in its place."""
    if last is None or last.removed:
        return
    gone = [one for one in steps if one.name == "torch" and one.removed and one.at < last.at]
    version = values.torch(gone[-1].version) if gone else None
    if version is not None and str(version) != last.version:
        for one in gone:
            if one.version == gone[-1].version:
                yield Claim("torch_gone", version, paste.number(one.at), Seen.PACKAGES)
        yield Claim("torch_replaced", version, paste.number(gone[-1].at), Seen.PACKAGES)


def _pip(paste: Paste) -> Iterator[_Step]:
    for index, text in paste.with_("successfully installed", 20):
        for match in _INSTALLED.finditer(text):
            yield _Step(index, match[1], match[2].rstrip("."), "pip", removed=False)
    for needs in ("uninstall", "found existing"):
        for index, text in paste.with_(needs, _MOST):
            for match in _REMOVED.finditer(text):
                yield _Step(index, match[1], match[2].rstrip(".:"), "pip", removed=True)


def _uv(paste: Paste) -> Iterator[_Step]:
    signed = [(index, _UV.match(text)) for index, text in paste.with_("==", _MOST)]
    if not any(match and match[1] != "-" for _, match in signed):
        return  # a list of wishes whose items start with a dash
    for index, match in signed:
        if match:
            yield _Step(index, match[2], match[3], "uv", removed=match[1] == "-")


def _poetry(paste: Paste) -> Iterator[_Step]:
    for needs in ("installing ", "updating ", "downgrading ", "removing "):
        for index, text in paste.with_(needs, 400):
            for match in _POETRY.finditer(text):
                yield _Step(index, match[2], match[3], "pip", removed=match[1] == "Removing")
