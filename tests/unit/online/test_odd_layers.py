"""Layers, and descriptions of layers, that are odd, broken off or made to keep a reader busy."""

from __future__ import annotations

import tarfile

import pytest
from torch_doctor.matrix.images.config import ImageConfig
from torch_doctor.online.registry.client import RegistryVisit
from torch_doctor.online.registry.images import look_up
from torch_doctor.online.registry.layers import LayerError, files_of
from torch_doctor.online.registry.login import Logins
from torch_doctor.online.registry.place import place_of

from tests.unit.online.registries import CONFIG, MANIFEST, Asked, Told, answering, config_of, digest
from tests.unit.online.test_layers import LAYER, layer


def header(name: str, **fields: object) -> bytes:
    entry = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(entry, field, value)
    return entry.tobuf(tarfile.USTAR_FORMAT)


def with_size(block: bytes, size: bytes) -> bytes:
    """The header with another size, and the sum that goes with it."""
    block = block[:124] + size.ljust(12, b"\0") + block[136:]
    total = sum(block[:148]) + 8 * 32 + sum(block[156:])
    return block[:148] + b"%06o\0 " % total + block[156:]


def names_of(body: bytes, packed: str = "") -> list[str]:
    read = files_of(layer(LAYER + packed, body), lambda s, n: body[s : s + n], lambda _: False)
    return [name for name, _ in read]


def test_a_size_below_zero_does_not_lead_back() -> None:
    body = with_size(header("usr/a"), b"-0000001000") * 2 + bytes(1024)

    with pytest.raises(LayerError, match="below 0"):
        names_of(body)


def manifest_with(layers: str, config: bytes) -> bytes:
    return (
        f'{{"schemaVersion": 2, "mediaType": "{MANIFEST}", "layers": {layers}, "config":'
        f' {{"mediaType": "{CONFIG}", "digest": "{digest(config)}", "size": {len(config)}}}}}'
    ).encode()


@pytest.mark.parametrize(
    "layers", ['["x"]', "[null]", "[{}]", f'[{{"digest": "sha256:{"0" * 64}", "size": 5}}]']
)
def test_a_layer_without_a_sound_description_is_not_passed_over(layers: str) -> None:
    config = config_of({})

    def answer(asked: Asked) -> Told:
        body = manifest_with(layers, config) if "/manifests/" in asked.path else config
        return Told(200, body, {"Content-Type": MANIFEST})

    with answering(answer) as (host, _), RegistryVisit(place_of(f"{host}/a/b:1"), Logins()) as to:
        found = look_up(to, "amd64", 1 << 20)

    assert isinstance(found, ImageConfig)
    assert found.inside
    assert not found.inside.none
    assert found.inside.why == "layer 1 is not read: the manifest does not describe it"
