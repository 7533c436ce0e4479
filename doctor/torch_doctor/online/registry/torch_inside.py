"""The torch that the layers of an image hold: torch/version.py, or what an installer wrote beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.matrix.images.config import TorchLayers
from torch_doctor.online.registry.client import RegistryError, RegistryVisit
from torch_doctor.online.registry.layers import Budget, Layer, LayerError, SpentError, files_of

_VERSION_FILE = regex(r"(?:.*/)?(?:site|dist)-packages/torch/version\.py")
_METADATA = regex(
    r"(?:.*/)?(?:site|dist)-packages/torch-[^/]+\.(?:dist|egg)-info/(?:METADATA|PKG-INFO)"
)
# No file has a longer path on Linux.
_LONGEST, _MOST_GONE, _MOST_TEXT = 4096, 100_000, 16 << 20
_OPAQUE, _GONE = ".wh..wh..opq", ".wh."
_VALUE = r"^{name}(?:\s*:[^=\n]+)?\s*=\s*['\"]([^'\"\n]{{1,60}})['\"]"


class _Removed:
    """What layers above have taken out, or put out of sight."""

    def __init__(self) -> None:
        self._paths: set[str] = set()
        self._new: set[str] = set()
        self._text = 0

    def see(self, name: str) -> None:
        folder, _, last = name.rpartition("/")
        if not last.startswith(_GONE) or len(name) > _LONGEST:
            return
        self._text += len(name)
        if len(self._paths) + len(self._new) >= _MOST_GONE or self._text > _MOST_TEXT:
            raise LayerError("the layers take out more files than images do")
        gone = f"{folder}/{last.removeprefix(_GONE)}".lstrip("/")
        self._new.add(folder if last == _OPAQUE else gone)

    def hides(self, name: str) -> bool:
        parts = name.split("/")
        return any("/".join(parts[:count]) in self._paths for count in range(len(parts) + 1))

    def next_layer(self) -> None:
        self._paths |= self._new
        self._new.clear()


def torch_inside(visit: RegistryVisit, layers: Sequence[Layer], most: int) -> TorchLayers:
    """Read the layers, the last first, until one holds a torch, or *most* bytes are read; raise RegistryError."""
    budget, removed = Budget(most), _Removed()
    skipped = "" if layers else "the manifest names no layers"
    for number, layer in reversed(list(enumerate(layers, 1))):
        try:
            found = _of_layer(visit, layer, budget, removed)
        except SpentError as error:
            return TorchLayers(why=f"{error}, and none was seen", read=budget.read)
        except LayerError as error:
            found = TorchLayers(why=one_line(str(error), 100))
        if found.why:
            skipped = f"layer {number} is not read: {found.why}"
        if found.version is not None:
            return found._replace(read=budget.read, why=skipped)
        removed.next_layer()
    return TorchLayers(why=skipped, read=budget.read, none=not skipped)


def _of_layer(visit: RegistryVisit, layer: Layer, budget: Budget, removed: _Removed) -> TorchLayers:
    def read_at(start: int, length: int) -> bytes:
        budget.spend(length)
        return visit.piece(f"blobs/{layer.digest}", start, length)

    beside = TorchLayers()
    why = ""
    try:
        for name, body in files_of(layer, read_at, _wanted):
            removed.see(name)
            if not _wanted(name) or removed.hides(name):
                continue
            layers = _layers_of(name, body)
            if layers is None:
                why = why or f"{one_line(name, 200)} is a link, or holds no version"
            elif _VERSION_FILE.fullmatch(name):
                return layers
            elif beside.version is None:
                beside = layers
    except LayerError as error:
        if beside.version is None:
            raise
        why = one_line(str(error), 100)
    return beside._replace(why=why)


def _layers_of(name: str, body: bytes | None) -> TorchLayers | None:
    text = (body or b"").decode("utf-8", "replace")
    if _VERSION_FILE.fullmatch(name):
        return _of_version_file(name, text)
    match = re.search(r"^Version:\s*(\S{1,60})\s*$", text, re.MULTILINE)
    return TorchLayers(one_line(match[1], 60), path=one_line(name, 300)) if match else None


def _wanted(name: str) -> bool:
    if len(name) > _LONGEST:
        return False
    return bool(_VERSION_FILE.fullmatch(name) or _METADATA.fullmatch(name))


def _of_version_file(name: str, text: str) -> TorchLayers | None:
    version, cuda, hip = (_value(one, text) for one in ("__version__", "cuda", "hip"))
    if version is None:
        return None
    local = "" if "+" in version or cuda or hip else "+cpu"
    return TorchLayers(one_line(version, 60) + local, cuda, one_line(name, 300))


def _value(name: str, text: str) -> str | None:
    match = re.search(_VALUE.format(name=name), text, re.MULTILINE)
    return match[1] if match else None


def checked_most(mib: int) -> int:
    """Return a number of MiB as bytes; raise RegistryError where it is none that can be read."""
    if not 1 <= mib <= 1 << 20:
        raise RegistryError(f"{mib} MiB is no amount to read", "name one such as 4096")
    return mib << 20
