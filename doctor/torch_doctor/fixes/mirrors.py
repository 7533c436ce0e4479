"""Mirrors: what stands in for PyTorch's package index and for image registries, in every command and in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.fact import Facts, Known
from torch_doctor.core.records import Mirror
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.builds.systems import WHEELS

HUB = "docker.io"
_TAGS = r"cu\d{2,3}|cpu|xpu|rocm\d[\d.]*\d"
_TAG = regex(rf"(?<![a-z0-9])(?:{_TAGS})(?![a-z0-9])")
_OF_PYTORCH = regex(
    rf"{re.escape(WHEELS)}(?P<channel>/nightly|/test)?(?:/(?P<tag>{_TAGS})(?![\w.]))?"
)
# registry/name/name:tag; a registry has a dot or a port, and what has none is of Docker Hub.
_IMAGE = regex(
    r"(?<![\w./:@-])((?:[\w-]+(?:\.[\w-]+)+(?::\d+)?/)?)([a-z0-9][a-z0-9._-]*(?:/[a-z0-9._-]+)+:\w[\w.-]*)"
)
_INDEXES = ("pip_index_url", "pip_extra_index_urls", "project_index_urls")
_DEFAULT = regex(r"://(?:[\w-]+\.)*(?:pypi\.org|pythonhosted\.org|pytorch\.org)(?:[:/]|$)")
# It becomes a word of a command: what a shell would read otherwise is no address.
_ADDRESS = regex(r"https?://[\w.:/~%+@-]+")
_NO_TAG = "{}"  # where a tag goes


class Mirrors(NamedTuple):
    """What a person's settings and tools name.

    *named* are the settings' own; *wheels* a mirror of PyTorch's index with ``{}`` for the tag; *plain* a mirror of
    the default package index; *channels* conda's, and *hub* Docker Hub's, which conda and the engines use by
    themselves.
    """

    named: tuple[Mirror, ...] = ()
    wheels: Mirror | None = None
    plain: Mirror | None = None
    channels: Mirror | None = None
    hub: Mirror | None = None


def mirrors_of(facts: Facts) -> Mirrors:
    """Return the mirrors that *facts* name."""
    urls = list(_indexes(facts, *_INDEXES))
    wheels = [one for one in urls if _is_of_torch(one.at)]
    # An extra index holds what the default one lacks: it is no mirror of it.
    plain = [one for one in _indexes(facts, "pip_index_url") if one not in wheels]
    return Mirrors(
        facts.value("mirrors", ()),
        _pattern(wheels[0]) if wheels else None,
        plain[0] if plain else None,
        _one(facts, "conda_channel_alias", "conda"),
        _one(facts, "registry_mirrors", HUB),
    )


def mirrored(text: str, mirrors: Mirrors) -> str:
    """Return *text* with every address that has a mirror replaced."""
    if mirrors.named or mirrors.wheels:
        text = _OF_PYTORCH.sub(lambda match: _index(match, mirrors) or match[0], text)
    if mirrors.named:
        text = _IMAGE.sub(lambda match: _image(match, mirrors), text)
    return text


def remarks_on(text: str, mirrors: Mirrors) -> tuple[str, ...]:
    """Return what is to be said of the mirrors that commands, written as *text* without them, go to."""
    return tuple(dict.fromkeys(_remarks_on(text, mirrors))) if mirrors != Mirrors() else ()


def _remarks_on(text: str, mirrors: Mirrors) -> Iterator[str]:
    for match in _OF_PYTORCH.finditer(text):
        mirror = _mirror(match, mirrors)
        tag = match["tag"]
        if mirror:
            named = mirror is not mirrors.wheels or mirror.of == tag
            which = "the mirror" if named else f"by the pattern of the mirror of {mirror.of}"
            yield f"wheels come from {_index(match, mirrors)}, {which} that {mirror.by} names"
        elif mirrors.plain and tag:
            yield (
                f"{mirrors.plain.at} ({mirrors.plain.by}) mirrors the default index, which has no +{tag} builds: "
                "where download.pytorch.org is out of reach, its mirror is needed (setting wheel-index)"
            )
    for match in _IMAGE.finditer(text):
        registry = match[1].rstrip("/") or HUB
        for mirror in mirrors.named:
            if mirror.of == registry:
                yield f"images of {registry} come from {mirror.at}, the mirror that {mirror.by} names"
                break
        else:
            if mirrors.hub and registry == HUB:
                yield f"images of Docker Hub come through {mirrors.hub.at} ({mirrors.hub.by})"
    if mirrors.channels and re.search(r"\b(?:conda|mamba) install\b", text):
        yield f"conda takes its channels from {mirrors.channels.at} ({mirrors.channels.by})"


def _index(match: re.Match[str], mirrors: Mirrors) -> str | None:
    """Return the address of the mirror for one that was found, or None without one."""
    mirror = _mirror(match, mirrors)
    if mirror is None:
        return None
    if mirror is mirrors.wheels:
        return mirror.at.replace(_NO_TAG, match["tag"])
    if mirror.of == match["tag"]:
        return mirror.at.rstrip("/")
    return mirror.at.rstrip("/") + match[0].removeprefix(mirror.of.rstrip("/"))


def _mirror(match: re.Match[str], mirrors: Mirrors) -> Mirror | None:
    plain = match["channel"] is None
    for mirror in mirrors.named:
        if (plain and mirror.of == match["tag"]) or match[0].startswith(mirror.of.rstrip("/")):
            return mirror
    return mirrors.wheels if plain and match["tag"] else None


def _image(match: re.Match[str], mirrors: Mirrors) -> str:
    registry = match[1].rstrip("/") or HUB
    for mirror in mirrors.named:
        if mirror.of == registry:
            return f"{mirror.at.rstrip('/')}/{match[2]}"
    return match[0]


def _indexes(facts: Facts, *names: str) -> Iterator[Mirror]:
    """Yield the package indexes that are not the public ones, the strongest first."""
    for name in names:
        fact = facts[name]
        if isinstance(fact, Known):
            value: Any = fact.value
            for url in (value,) if isinstance(value, str) else value:
                if _ADDRESS.fullmatch(url) and not _DEFAULT.search(url):
                    yield Mirror("", url, fact.source.where)


def _is_of_torch(url: str) -> bool:
    """Whether an index is PyTorch's for one tag: the tag is a folder of its own, or stands in a name with torch."""
    folders = url.rstrip("/").split("/")[3:]
    tagged = [folder for folder in folders if _TAG.search(folder)]
    return any(_TAG.fullmatch(folder) or "torch" in url.lower() for folder in tagged)


def _pattern(index: Mirror) -> Mirror:
    """Return an index of one tag as that of any tag: mirrors keep the names of the original's folders."""
    last = [*_TAG.finditer(index.at)][-1]
    at = f"{index.at[: last.start()]}{_NO_TAG}{index.at[last.end() :]}"
    return Mirror(last[0], at.rstrip("/"), index.by)


def _one(facts: Facts, name: str, of: str) -> Mirror | None:
    fact = facts[name]
    if not isinstance(fact, Known) or not fact.value:
        return None
    value: Any = fact.value
    return Mirror(of, value if isinstance(value, str) else value[0], fact.source.where)
