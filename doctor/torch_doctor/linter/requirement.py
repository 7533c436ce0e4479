"""One requirement as pip writes it, and the builds that an address of wheels stands for."""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.linter.record import UNKNOWN, IndexUse, Requirement
from torch_doctor.linter.text import Spot

_NAMED = regex(r"\s*([A-Za-z0-9][\w.-]*?)\s*(?:\[([^\]]*)\])?\s*(?=[=<>!~;@(\s\x00]|$)")
_WHEEL = regex(
    r"(?P<name>[A-Za-z0-9_.]+?)-(?P<version>\d[^-/]*)(?:-\d\w*)?-(?P<python>[a-z]{2}\d[\w.]*|py\d[\w.]*)-(?P<abi>\w+)-(?P<platform>[\w.]+)\.whl"
)
_PROJECT = regex(
    r"(\.{1,2}(?:/[\w./-]*)?|/[\w./-]*|[\w.-]+/[\w./-]*)(?:\[([\w,. -]*)\])?(?:\s*;.*)?"
)
# An address of torch's own index, of a mirror of it, or of a page of it: what stands behind /whl/.
_TORCH_INDEX = regex(
    r"(?:/whl|pytorch-wheels|/pytorch(?:_whl)?)(?P<channel>/nightly|/test|/lts/1\.8)?/(?P<variant>cu\d{2,3}|cpu|xpu|rocm[\d.]+)(?P<page>/?[\w.-]*\.html)?/?(?:[?#].*)?$"
)


class WheelFile(NamedTuple):
    """What the name of a wheel says."""

    name: str
    version: str
    python: str
    abi: str
    platform: str


def canonical(name: str) -> str:
    """Return the name of a package as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def wheel_named(url: str) -> WheelFile | None:
    """Return what an address says that ends in a wheel; None where it does not."""
    from urllib.parse import unquote

    file = unquote(url.partition("#")[0].partition("?")[0].rpartition("/")[2])
    match = _WHEEL.fullmatch(file)
    return WheelFile(canonical(match[1]), match[2], match[3], match[4], match[5]) if match else None


def requirement(text: str, spot: Spot, *, source: str = "", group: str = "") -> Requirement | None:
    """Return what *text* asks for; None where it is no requirement. What is unknown of it stays so."""
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as Parsed

    stated = text.strip().removesuffix(";").strip()  # as pip has it
    if UNKNOWN in stated:
        return _partly(stated, spot, group)
    if re.match(r"(?:[a-z+]+://|git\+|\.{0,2}/|[\w./-]+\.whl)", stated):
        return _of_file(stated, spot, group)
    try:
        parsed = Parsed(stated)
    except InvalidRequirement:
        return None
    except Exception:  # noqa: BLE001  a marker or an address that packaging trips over
        return None
    return Requirement(
        canonical(parsed.name),
        str(parsed.specifier),
        spot,
        tuple(sorted(parsed.extras)),
        str(parsed.marker or ""),
        parsed.url or "",
        source,
        group,
    )


def _partly(text: str, spot: Spot, group: str) -> Requirement | None:
    match = _NAMED.match(text)
    if match is None:
        return None
    rest = text[match.end() :].partition(";")
    return Requirement(
        canonical(match[1]), rest[0].strip() or UNKNOWN, spot, marker=rest[2].strip(), group=group
    )


def _of_file(text: str, spot: Spot, group: str) -> Requirement | None:
    url, _, marker = text.partition(" ;")
    named = re.search(r"[#&]egg=([\w.-]+)", url)
    wheel = wheel_named(url.split()[0])
    name = wheel.name if wheel else canonical(named[1]) if named else ""
    return Requirement(name, "", spot, marker=marker.strip(), url=url.strip(), group=group)


def project_at(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the folder and the extras of what pip takes for a project on this disk: ``.[dev]``, ``libs/core``."""
    match = _PROJECT.fullmatch(text.strip())
    if match is None or match[1].endswith((".whl", ".zip", ".tar.gz")):
        return None
    return match[1], tuple(canonical(one.strip()) for one in (match[2] or "").split(",") if one)


class TorchIndexed(NamedTuple):
    """What an address of torch's index stands for: *variant* such as cu126, *channel* nightly or test or empty.

    *page* says that it is a page of files, for ``--find-links``, and no index.
    """

    variant: str
    channel: str
    page: bool


def torch_index(url: str) -> TorchIndexed | None:
    """Return what builds an address serves; None where it is no index of torch, or cannot be known."""
    if UNKNOWN in url:
        return None
    match = _TORCH_INDEX.search(url.strip())
    if match:
        return TorchIndexed(
            match["variant"], (match["channel"] or "").strip("/"), bool(match["page"])
        )
    if re.search(r"/whl/torch_stable\.html", url):
        return TorchIndexed("", "", page=True)
    if re.search(r"download(?:-r2)?\.pytorch\.org/whl/nightly/?$", url):
        return TorchIndexed("", "nightly", page=False)
    return None


def is_official(url: str) -> bool:
    """Whether an address is PyTorch's own."""
    return bool(re.match(r"https?://download(?:-r2)?\.pytorch\.org/", url.strip()))


def serves_pypi(use: IndexUse | None) -> bool:
    """Whether an index is the default one; what another one holds, a mirror or a company's, is not known."""
    return use is None or bool(re.match(r"https?://pypi\.[a-z]{3}/simple/?$", use.url))
