"""What a registry says of an image: manifest, platforms, configuration; or that there is no such tag."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.matrix.images.config import ImageConfig, RegistryAbsence
from torch_doctor.online.registry.client import RegistryError, RegistryVisit, parsed
from torch_doctor.online.registry.layers import UNDESCRIBED, Layer
from torch_doctor.online.registry.place import ImagePlace
from torch_doctor.online.web import WebAnswer

_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_ACCEPT = ", ".join((*_INDEXES, *_MANIFESTS))
_CONFIGS = (
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
)
_MANIFEST_BYTES, _CONFIG_BYTES, _TAGS_BYTES = 4 << 20, 8 << 20, 16 << 20
_TAG = re.compile(r"\w[\w.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_ROWS = "without --online the rows answer"
_MAX_TAGS, _MAX_VALUES = 20_000, 500


def look_up(visit: RegistryVisit, arch: str, most: int = 0) -> ImageConfig | RegistryAbsence:
    """Return what the registry says of the image for *arch* (amd64); raise RegistryError where it says nothing.

    Of its layers at most *most* bytes are read, to find the torch inside.
    """
    place = visit.place
    reply = visit.get(f"manifests/{place.version}", _ACCEPT, _MANIFEST_BYTES)
    if reply.status == 404:
        return _absent(visit, reply)
    if reply.status in (401, 403):
        raise visit.denied()
    digest, manifest = _read(reply, place, place.version)
    platforms: tuple[str, ...] = ()
    if _is_index(reply, manifest):
        chosen, platforms = _chosen(manifest, arch, place)
        reply = visit.get(f"manifests/{chosen}", ", ".join(_MANIFESTS), _MANIFEST_BYTES)
        _, manifest = _read(reply, place, chosen)
    found = _configured(visit, digest, manifest, platforms)
    if not most:
        return found
    from torch_doctor.online.registry.torch_inside import torch_inside

    return found._replace(inside=torch_inside(visit, tuple(_layers(manifest)), most))


def _absent(visit: RegistryVisit, reply: WebAnswer) -> RegistryAbsence:
    """Say what there is none of; where only the tag is missing, which tags there are."""
    place, codes = visit.place, _codes(reply)
    if not codes & {"NAME_UNKNOWN", "MANIFEST_UNKNOWN", "NOT_FOUND"}:
        # a server that is no registry answers so, too
        raise RegistryError(f"{place.host} answers 404 without saying what is missing", _ROWS)
    tags = None if "NAME_UNKNOWN" in codes else _tags(visit)
    if tags is None:
        return RegistryAbsence(f"{place.host} has no repository {place.repository}")
    return RegistryAbsence(f"{place.host} has no such tag", tags)


def _codes(reply: WebAnswer) -> set[str]:
    answer = parsed(reply.body)
    errors = answer.get("errors") if isinstance(answer, dict) else None
    listed = errors if isinstance(errors, list) else []
    return {str(one.get("code")) for one in listed if isinstance(one, dict)}


def _tags(visit: RegistryVisit) -> tuple[str, ...] | None:
    """Return the tags of a repository, none where they are not told; None where there is no such repository."""
    try:
        reply = visit.get("tags/list", "application/json", _TAGS_BYTES)
    except RegistryError:
        return ()  # the answer stands without them
    if reply.status == 404 and "NAME_UNKNOWN" in _codes(reply):
        return None
    answer = parsed(reply.body) if reply.status == 200 else None
    found = answer.get("tags") if isinstance(answer, dict) else None
    tags = found[:_MAX_TAGS] if isinstance(found, list) else ()
    return tuple(one for one in tags if isinstance(one, str) and _TAG.fullmatch(one))


def _read(reply: WebAnswer, place: ImagePlace, asked: str) -> tuple[str, Mapping[str, Any]]:
    """Return the digest and the content of a manifest."""
    if reply.status != 200:
        raise RegistryError(f"{place.host} answers {reply.status} for {place.shown}", _ROWS)
    digest = f"sha256:{hashlib.sha256(reply.body).hexdigest()}"
    if _DIGEST.fullmatch(asked) and digest != asked:
        raise RegistryError(f"{place.host} sends another manifest than {asked[:19]}…", _ROWS)
    found = parsed(reply.body)
    if not isinstance(found, dict) or found.get("schemaVersion") != 2:
        raise RegistryError(f"{place.shown} is in a form that is too old, or is no image", _ROWS)
    return digest, found


def _is_index(reply: WebAnswer, manifest: Mapping[str, Any]) -> bool:
    media = reply.headers.get("content-type", "").partition(";")[0].strip()
    return media in _INDEXES or manifest.get("mediaType") in _INDEXES


def _chosen(index: Mapping[str, Any], arch: str, place: ImagePlace) -> tuple[str, tuple[str, ...]]:
    """Return the digest for *arch*, else for any Linux, and all platforms; what attests to an image is none."""
    entries = index.get("manifests")
    found: dict[str, str] = {}
    for entry in entries[:_MAX_VALUES] if isinstance(entries, list) else ():
        platform = entry.get("platform") if isinstance(entry, dict) else None
        digest = entry.get("digest") if isinstance(entry, dict) else None
        if (
            not isinstance(digest, str)
            or not _DIGEST.fullmatch(digest)
            or not isinstance(platform, dict)
        ):
            continue
        words = [platform.get(name) for name in ("os", "architecture", "variant")]
        name = "/".join(one_line(word, 40) for word in words if isinstance(word, str) and word)
        if "unknown" not in name:
            found.setdefault(name, digest)
    linux = [name for name in found if name.startswith("linux/")]
    own = [name for name in linux if name.split("/")[1] == arch]
    best = next(iter((*own, *linux)), None)
    if best is None:
        raise RegistryError(f"{place.shown} has no image for Linux", _ROWS)
    return found[best], tuple(found)


def _configured(
    visit: RegistryVisit, digest: str, manifest: Mapping[str, Any], platforms: tuple[str, ...]
) -> ImageConfig:
    place, described = visit.place, manifest.get("config")
    blob = described.get("digest") if isinstance(described, dict) else None
    media = described.get("mediaType") if isinstance(described, dict) else None
    if not isinstance(blob, str) or not _DIGEST.fullmatch(blob) or media not in _CONFIGS:
        raise RegistryError(f"{place.shown} is no image that docker could run", _ROWS)
    reply = visit.get(f"blobs/{blob}", "*/*", _CONFIG_BYTES)
    if reply.status != 200:
        raise RegistryError(f"{place.host} answers {reply.status} for the configuration", _ROWS)
    if f"sha256:{hashlib.sha256(reply.body).hexdigest()}" != blob:
        raise RegistryError(f"{place.host} sends another configuration than {blob[:19]}…", _ROWS)
    found = parsed(reply.body)
    own = found.get("config") if isinstance(found, dict) else None
    own = own if isinstance(own, dict) else {}
    layers = manifest.get("layers")
    sizes = [
        one.get("size")
        for one in (layers if isinstance(layers, list) else ())
        if isinstance(one, dict)
    ]
    return ImageConfig(
        place.shown,
        digest,
        _word(found, "architecture"),
        _environ(own.get("Env")),
        _labels(own.get("Labels")),
        platforms,
        _word(found, "created"),
        len(sizes),
        sum(size for size in sizes if isinstance(size, int) and size > 0),
    )


def _layers(manifest: Mapping[str, Any]) -> Iterator[Layer]:
    """Yield each layer, UNDESCRIBED where the manifest does not say enough to ask for it."""
    listed = manifest.get("layers")
    for one in listed if isinstance(listed, list) else ():
        stated: Mapping[str, Any] = one if isinstance(one, dict) else {}
        digest, media, size = stated.get("digest"), stated.get("mediaType"), stated.get("size")
        named = stated.get("annotations")
        if (
            isinstance(digest, str)
            and _DIGEST.fullmatch(digest)
            and isinstance(media, str)
            and isinstance(size, int)
            and size > 0
        ):
            yield Layer(digest, media, size, named if isinstance(named, dict) else {})
        else:
            yield UNDESCRIBED


def _word(found: Any, name: str) -> str:
    value = found.get(name) if isinstance(found, dict) else None
    return one_line(value, 60) if isinstance(value, str) else ""


def _environ(found: Any) -> dict[str, str]:
    pairs = (
        [one.partition("=") for one in found if isinstance(one, str)]
        if isinstance(found, list)
        else []
    )
    return {
        one_line(name, 200): one_line(value, 4000)
        for name, sign, value in pairs[:_MAX_VALUES]
        if sign
    }


def _labels(found: Any) -> dict[str, str]:
    pairs = list(found.items())[:_MAX_VALUES] if isinstance(found, dict) else []
    return {
        one_line(name, 200): one_line(value, 500) for name, value in pairs if isinstance(value, str)
    }
