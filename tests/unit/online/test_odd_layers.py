"""Layers, and descriptions of layers, that are odd, broken off or made to keep a reader busy."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import time
from typing import cast

import pytest
from torch_doctor.matrix.images.config import ImageConfig, TorchLayers
from torch_doctor.online.registry.client import RegistryError, RegistryVisit
from torch_doctor.online.registry.images import look_up
from torch_doctor.online.registry.layers import Layer, LayerError, files_of
from torch_doctor.online.registry.login import Logins
from torch_doctor.online.registry.place import place_of
from torch_doctor.online.registry.torch_inside import torch_inside

from tests.unit.online.registries import CONFIG, MANIFEST, Asked, Told, answering, config_of, digest
from tests.unit.online.test_layers import AT, LAYER, TOC, layer, stargz, tar


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


@pytest.mark.parametrize("kept", [0, 100, 512, 1024])
def test_only_a_block_of_zeros_ends_an_archive(kept: int) -> None:
    body = tar({"usr/a": b"1", "usr/b": b"2"})
    cut = body[:1024] + body[1024 : 1024 + kept]

    with pytest.raises(LayerError, match="breaks off"):
        names_of(cut)
    assert names_of(body[: 2048 + 512]) == ["usr/a", "usr/b"]


def test_an_empty_gzip_is_no_archive() -> None:
    with pytest.raises(LayerError, match="breaks off"):
        names_of(gzip.compress(b""), "+gzip")


def test_a_long_link_name_is_none_of_the_names() -> None:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for kind, name in ((tarfile.SYMTYPE, "bin/short"), (tarfile.LNKTYPE, "long/" * 40 + "b")):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "to/" * 60
            archive.addfile(entry)

    assert names_of(held.getvalue()) == ["bin/short", "long/" * 40 + "b"]


def test_many_empty_members_of_gzip_are_left_early() -> None:
    body = gzip.compress(b"") * 200_000
    begun = time.monotonic()

    with pytest.raises(LayerError, match="empty parts"):
        names_of(body, "+gzip")
    assert time.monotonic() - begun < 60


def test_many_small_members_of_gzip_are_read() -> None:
    body = tar({"usr/a": b"1", "usr/b": bytes(60_000)})
    parts = b"".join(gzip.compress(body[at : at + 1]) for at in range(len(body)))

    assert names_of(parts, "+gzip") == ["usr/a", "usr/b"]


def listed(body: bytes) -> list[tuple[str, bytes | None]]:
    asked = layer(LAYER + "+gzip", body, **{TOC: "x"})
    return list(files_of(asked, lambda s, n: body[s : s + n], lambda _: True))


def test_the_list_of_an_estargz_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    body = stargz({f"usr/{number}": b"1" for number in range(50)})
    assert len(listed(body)) == 50

    monkeypatch.setattr("torch_doctor.online.registry.layers._TOC_BYTES", 2000)
    with pytest.raises(LayerError, match="too large"):
        listed(body)


def test_a_file_of_an_estargz_is_whole_or_not_read() -> None:
    assert listed(stargz({"a": b"", "b": b"22"})) == [("a", b""), ("b", b"22")]
    body = stargz({"a": b"1"})
    longer = gzip.compress(
        tar({"x": b'{"entries": [{"name": "a", "type": "reg", "size": 9, "offset": 0}]}'})
    )
    footer = body[-51:]
    front = gzip.compress(b"1")
    place = b"%016x" % len(front)
    with pytest.raises(LayerError, match="a file breaks off"):
        listed(front + longer + footer[:16] + place + footer[32:])


def test_files_of_an_estargz_may_share_a_stream() -> None:
    contents = {"a": b"1" * 700, "b": b"", "c": b"22"}
    entries, shared = [], b""
    for name, content in contents.items():
        shared += header(name)
        one = {"name": name, "type": "reg", "size": len(content), "offset": 0}
        entries.append({**one, "innerOffset": len(shared)})
        shared += content + bytes(-len(content) % 512)
    packed = stream_of(shared, entries)

    assert listed(packed) == list(contents.items())

    for inner, size in (("7", None), (-1, None), (1 << 40, None)):
        entries[0]["innerOffset"] = inner
        assert listed(stream_of(shared, entries))[0] == ("a", size)
    entries[0]["innerOffset"] = 5000
    with pytest.raises(LayerError, match="a file breaks off"):
        listed(stream_of(shared, entries))


def stream_of(shared: bytes, entries: list[dict[str, object]]) -> bytes:
    """An eStargz whose files are in one member of gzip."""
    front = gzip.compress(shared)
    toc = gzip.compress(tar({"toc": json.dumps({"entries": entries}).encode()}))
    footer = stargz({})[-51:]
    return front + toc + footer[:16] + b"%016x" % len(front) + footer[32:]


def test_the_text_of_what_layers_take_out_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = {f"usr/.wh.{number}" + "x" * 100: b"" for number in range(8)}
    assert inside(tar(gone)).none

    monkeypatch.setattr("torch_doctor.online.registry.torch_inside._MOST_TEXT", 500)
    assert "take out more files" in (inside(tar(gone)).why or "")


def test_what_layers_take_out_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch_doctor.online.registry.torch_inside._MOST_GONE", 3)
    gone = {f"usr/.wh.{number}": b"" for number in range(4)}

    assert inside(tar({"usr/.wh." + "x" * 5000: b"", "usr/.wh.a": b""})).none
    found = inside(tar(gone))
    assert (found.none, found.why) == (
        False,
        "layer 1 is not read: the layers take out more files than images do",
    )


class Visit:
    """Serves the pieces of layers in memory, each under its number as digest."""

    def __init__(self, *bodies: bytes) -> None:
        self.bodies = bodies

    def piece(self, path: str, start: int, length: int) -> bytes:
        return self.bodies[int(path.removeprefix("blobs/"))][start : start + length]


def inside(*bodies: bytes, most: int = 1 << 24) -> TorchLayers:
    layers = [Layer(str(at), LAYER, len(body), {}) for at, body in enumerate(bodies)]
    return torch_inside(cast("RegistryVisit", Visit(*bodies)), layers, most)


@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.SYMTYPE])
def test_a_version_file_that_is_a_link_leaves_the_torch_unknown(kind: bytes) -> None:
    found = inside(header(f"{AT}/version.py", type=kind, linkname="x") + bytes(1024))

    assert (found.version, found.none) == (None, False)
    assert found.why == f"layer 1 is not read: {AT}/version.py is a link, or holds no version"


def test_a_version_file_without_a_version_leaves_the_torch_unknown() -> None:
    assert not inside(tar({f"{AT}/version.py": b""})).none
    assert not inside(tar({f"{AT}/version.py": b"#" * (2 << 20)})).none
    assert not inside(tar({f"{AT}-2.8.0.dist-info/METADATA": b"Name: torch\n"})).none


def test_what_was_seen_before_a_layer_breaks_off_stands() -> None:
    body = tar({f"{AT}-2.8.0.dist-info/METADATA": b"Version: 2.8.0\n"})[:1024]

    found = inside(body)

    assert (found.version, found.why) == ("2.8.0", "layer 1 is not read: it breaks off")


def test_an_image_without_layers_is_not_one_without_torch() -> None:
    found = inside()

    assert (found.none, found.why) == (False, "the manifest names no layers")


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


@pytest.mark.parametrize(
    ("extent", "error"),
    [
        ("bytes 4-7/100", None),
        ("bytes 0-3/100", "another part"),
        ("bytes 4-8/100", "another part"),
        ("bytes 4-7/" + "9" * 5000, "another part"),
        ("", "another part"),
    ],
)
def test_only_the_part_that_was_asked_for_is_taken(extent: str, error: str | None) -> None:
    def answer(_: Asked) -> Told:
        return Told(206, b"part", {"Content-Range": extent} if extent else {})

    with answering(answer) as (host, _), RegistryVisit(place_of(f"{host}/a/b:1"), Logins()) as to:
        if error is None:
            assert to.piece("blobs/x", 4, 4) == b"part"
            return
        with pytest.raises(RegistryError, match=error):
            to.piece("blobs/x", 4, 4)
