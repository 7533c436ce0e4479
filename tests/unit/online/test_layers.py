"""The torch that layers tell, read by ranges: from Debian's docker-registry, and of layers that lie."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.__main__ import main
from torch_doctor.matrix.images.config import ImageConfig, TorchLayers
from torch_doctor.online.registry.client import RegistryVisit
from torch_doctor.online.registry.images import look_up
from torch_doctor.online.registry.layers import Layer, LayerError, files_of
from torch_doctor.online.registry.login import Logins
from torch_doctor.online.registry.place import place_of
from torch_doctor.online.registry.tars import TarError, members

from tests.unit.online.registries import (
    CONFIG,
    MANIFEST,
    OPENSSL,
    REGISTRY,
    RealRegistry,
    config_of,
    digest,
)

LAYER = "application/vnd.oci.image.layer.v1.tar"
AT = "usr/local/lib/python3.12/site-packages/torch"
TOC = "containerd.io/snapshot/stargz/toc.digest"


def version_file(version: str, cuda: str | None) -> bytes:
    shown = repr(cuda) if cuda else "None"
    return (
        f"from typing import Optional\n__all__ = ['__version__']\n__version__ = '{version}'\n"
        f"debug = False\ncuda: Optional[str] = {shown}\nhip: Optional[str] = None\n"
    ).encode()


def tar(files: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=form) as archive:
        for name, body in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
    return held.getvalue()


def stargz(files: dict[str, bytes]) -> bytes:
    """Each file's bytes as a member of gzip of their own, the list of files, and where it is."""
    body, entries = b"", []
    for name, content in files.items():
        body += gzip.compress(tar({name: content})[:512])
        entries.append({"name": name, "type": "reg", "size": len(content), "offset": len(body)})
        body += gzip.compress(content)
    place = len(body)
    body += gzip.compress(
        tar({"stargz.index.json": json.dumps({"version": 1, "entries": entries}).encode()})
    )
    extra = b"SG" + (22).to_bytes(2, "little") + f"{place:016x}STARGZ".encode()
    footer = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + len(extra).to_bytes(2, "little") + extra
    return body + footer + b"\x01\x00\x00\xff\xff" + b"\0" * 8


def noise(size: int) -> bytes:
    import random

    return random.Random(7).randbytes(size)


BASE = {"usr/bin/python3.12": noise(300_000), "etc/os-release": b"ID=debian\n"}
TORCH = {
    f"{AT}/lib/libtorch_cuda.so": noise(3_000_000),
    f"{AT}/version.py": version_file("2.8.0+cu128", "12.8"),
}
TAIL = {f"{AT}/z{number}.bin": noise(900_000) for number in range(9)}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not (REGISTRY and OPENSSL):
        pytest.skip("needs docker-registry and openssl")
    registry = RealRegistry(tmp_path_factory.mktemp("layers"), guarded=False)
    with registry.running() as host:
        for name, layers in IMAGES.items():
            config = config_of({})
            body = manifest(config, layers)
            blobs = [packed for _, packed, _ in layers]
            registry.push(host, "team/app", name, MANIFEST, body, config, *blobs)
        yield host


def manifest(config: bytes, layers: list[tuple[str, bytes, dict[str, str]]]) -> bytes:
    described = {"mediaType": CONFIG, "digest": digest(config), "size": len(config)}
    laid = [
        {"mediaType": media, "digest": digest(body), "size": len(body), "annotations": notes}
        for media, body, notes in layers
    ]
    made = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described, "layers": laid}
    return json.dumps(made).encode()


def zipped(files: dict[str, bytes]) -> tuple[str, bytes, dict[str, str]]:
    return f"{LAYER}+gzip", gzip.compress(tar(files), 1), {}


GONE = {"usr/local/lib/python3.12/site-packages/.wh.torch": b""}
IMAGES = {
    "gzip": [zipped(BASE), zipped({**TORCH, **TAIL}), zipped({"app/main.py": b"1"})],
    "plain": [(LAYER, tar({**TORCH, **TAIL}), {})],
    "stargz": [(f"{LAYER}+gzip", stargz({**TORCH, **TAIL}), {TOC: "sha256:00"})],
    "removed": [zipped(TORCH), zipped(GONE)],
    "replaced": [
        zipped(TORCH),
        zipped({**GONE, f"{AT}/version.py": version_file("2.6.0+cu124", "12.4")}),
    ],
    "metadata": [
        zipped({"opt/venv/lib/python3.11/site-packages/torch-2.7.1+cpu.dist-info/METADATA": b"Name: torch\nVersion: 2.7.1+cpu\n"})
    ],
    "conda": [
        zipped({"opt/conda/lib/python3.11/site-packages/torch/version.py": version_file("2.5.1", "12.4")})
    ],
    "none": [zipped(BASE)],
    "zstd": [zipped(TORCH), (f"{LAYER}+zstd", b"(\xb5/\xfd1234", {})],
}  # fmt: skip


def looked_into(host: str, name: str, most: int = 64 << 20) -> TorchLayers:
    with RegistryVisit(place_of(f"{host}/team/app:{name}"), Logins()) as visit:
        found = look_up(visit, "amd64", most)
    assert isinstance(found, ImageConfig)
    assert found.inside
    return found.inside


@pytest.mark.parametrize("name", ["gzip", "plain", "stargz"])
def test_the_version_is_read_and_not_what_stands_behind_it(host: str, name: str) -> None:
    found = looked_into(host, name)

    assert (found.version, found.cuda, found.python) == ("2.8.0+cu128", "12.8", "3.12")
    assert found.path == f"{AT}/version.py"
    assert sum(len(body) for _, body, _ in IMAGES[name]) > 10 << 20
    assert found.read <= {"gzip": 5 << 20, "plain": 1 << 18, "stargz": 1 << 17}[name]


def test_what_a_layer_above_took_away_is_not_there(host: str) -> None:
    assert looked_into(host, "removed").none
    assert looked_into(host, "replaced").version == "2.6.0+cu124"


def test_other_files_tell_it_too_and_none_is_an_answer(host: str) -> None:
    assert looked_into(host, "metadata").version == "2.7.1+cpu"
    assert looked_into(host, "conda")[:2] == ("2.5.1", "12.4")
    none = looked_into(host, "none")
    assert (none.version, none.none, none.why) == (None, True, "")


def test_what_was_not_read_is_said(host: str) -> None:
    spent = looked_into(host, "gzip", 1 << 20)
    assert (spent.version, spent.none) == (None, False)
    assert spent.why == "the first 1 MiB are read, and none was seen"
    assert spent.read <= 1 << 20

    other = looked_into(host, "zstd")
    assert other.version == "2.8.0+cu128"
    assert other.why.startswith("layer 2 is not read: it is packed in another way")


def test_the_command_judges_the_torch_of_the_layers(
    host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    words = ["--gpu", "A100", "--driver", "535", "--platform", "linux-x86_64"]
    code = main(["image", f"{host}/team/app:gzip", "--online", "--deep", *words, "--json"])
    found = json.loads(capsys.readouterr().out)

    assert (code, found["runs"], found["image"]["torch"]) == (0, "yes", "2.8.0+cu128")
    assert found["image"]["registry"]["torch_in_layers"]["path"] == f"{AT}/version.py"
    code = main(["image", f"{host}/team/app:gzip", "--online", "--deep", "--gpu", "RTX 5090"])
    text = " ".join(capsys.readouterr().out.split())
    assert "layers torch 2.8.0+cu128 for CUDA 12.8, by usr/local/lib/python3.12" in text
    assert main(["image", "ghcr.io/a/b:1", "--deep"]) == 2
    assert "say --online" in capsys.readouterr().err


class Held:
    """An archive in memory, as a stream."""

    def __init__(self, body: bytes) -> None:
        self.rest = io.BytesIO(body)

    def take(self, count: int) -> bytes:
        return self.rest.read(count)

    def skip(self, count: int) -> None:
        self.rest.seek(count, 1)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_names_of_every_kind_of_tar(form: int) -> None:
    deep = "/".join(["folder" * 4] * 5)
    long = f"{deep}/torch/version.py" if form == tarfile.USTAR_FORMAT else f"{deep}/{deep}/v.py"
    body = tar({"./a": b"1", long: b"22", "z": b""}, form)

    found = list(members(Held(body), lambda name: name.endswith(".py")))

    assert found == [("a", None), (long, b"22"), ("z", None)]


def layer(media: str, body: bytes, **notes: Any) -> Layer:
    return Layer("sha256:" + "0" * 64, media, len(body), notes)


@given(st.binary(max_size=2000), st.sampled_from(["", "+gzip", "+zstd"]), st.booleans())
def test_nothing_makes_it_raise_another_error(body: bytes, packed: str, listed: bool) -> None:
    notes = {TOC: "x"} if listed else {}
    given_ = gzip.compress(body) if packed == "+gzip" and len(body) % 2 else body
    try:
        list(files_of(layer(LAYER + packed, given_, **notes), lambda s, n: given_[s : s + n], bool))
    except LayerError:
        return


def test_a_layer_that_swells_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    body = tar({"a": bytes(1 << 22)})
    bomb = gzip.compress(body)
    assert list(files_of(layer(LAYER + "+gzip", bomb), lambda s, n: bomb[s : s + n], bool))
    monkeypatch.setattr("torch_doctor.online.registry.layers._LEAST", 1 << 10)

    with pytest.raises(LayerError, match="unpacks to more"):
        list(files_of(layer(LAYER + "+gzip", bomb), lambda s, n: bomb[s : s + n], bool))


def test_what_is_no_tar_is_said() -> None:
    with pytest.raises(TarError, match="damaged"):
        list(members(Held(b"x" * 512), bool))
