"""Images in Debian's docker-registry on the loopback address, with a token server; skipped where it is not installed."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from torch_doctor.__main__ import main
from torch_doctor.matrix.images.config import ImageConfig, RegistryAbsence
from torch_doctor.online.registry.client import RegistryError, RegistryVisit
from torch_doctor.online.registry.images import look_up
from torch_doctor.online.registry.login import Logins
from torch_doctor.online.registry.place import place_of

from tests.unit.online.registries import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    INDEX,
    MANIFEST,
    OPENSSL,
    PASSWORD,
    REGISTRY,
    USER,
    RealRegistry,
    config_of,
    digest,
    index_of,
    manifest_of,
)

pytestmark = pytest.mark.skipif(
    not (REGISTRY and OPENSSL), reason="needs docker-registry and openssl"
)
ENVIRON = {
    "CUDA_VERSION": "12.8.1",
    "NVIDIA_REQUIRE_CUDA": "cuda>=12.8 brand=tesla,driver>=535,driver<536",
    "PYTORCH_VERSION": "2.8.0",
}


class Served(NamedTuple):
    host: str
    registry: RealRegistry


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    registry = RealRegistry(tmp_path_factory.mktemp("registry"))
    with registry.running() as host:
        amd, arm = config_of(ENVIRON, maker="tests"), config_of({}, "arm64")
        layer = b"layer"
        for docker, name in ((False, "oci"), (True, "docker")):
            one, other = manifest_of(amd, docker=docker), manifest_of(arm, docker=docker)
            media, many = (DOCKER_MANIFEST, DOCKER_LIST) if docker else (MANIFEST, INDEX)
            for repository in (f"open/{name}", f"closed/{name}"):
                registry.push(host, repository, digest(one), media, one, amd, layer)
                registry.push(host, repository, digest(other), media, other, arm, layer)
                body = index_of(("linux/amd64", one), ("linux/arm64/v8", other), docker=docker)
                registry.push(host, repository, "many", many, body)
                registry.push(host, repository, "1.0", media, one)
        yield Served(host, registry)


def login(host: str, user: str = USER, password: str = PASSWORD) -> Any:
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"auths": {host: {"auth": pair}}}


def looked_up(
    reference: str, config: Any = None, arch: str = "amd64"
) -> ImageConfig | RegistryAbsence:
    with RegistryVisit(place_of(reference), Logins(config)) as visit:
        return look_up(visit, arch)


@pytest.mark.parametrize("name", ["oci", "docker"])
@pytest.mark.parametrize(
    ("tag", "arch", "environ"),
    [("many", "amd64", ENVIRON), ("many", "arm64", {}), ("1.0", "amd64", ENVIRON)],
)
def test_an_image_that_anybody_may_pull(
    served: Served, name: str, tag: str, arch: str, environ: dict[str, str]
) -> None:
    found = looked_up(f"{served.host}/open/{name}:{tag}", arch=arch)

    assert isinstance(found, ImageConfig)
    assert (found.environ, found.arch) == (environ, arch)
    assert (found.layers, found.size) == (1, 5)
    assert found.platforms == (("linux/amd64", "linux/arm64/v8") if tag == "many" else ())
    assert served.registry.tokens[-1].query["scope"] == [f"repository:open/{name}:pull"]
    assert "authorization" not in served.registry.tokens[-1].headers


def test_a_digest_names_an_image(served: Served) -> None:
    by_tag = looked_up(f"{served.host}/open/oci:many")
    assert isinstance(by_tag, ImageConfig)
    by_digest = looked_up(f"{served.host}/open/oci@{by_tag.digest}")

    assert isinstance(by_digest, ImageConfig)
    assert by_digest.environ == by_tag.environ
    assert by_digest.reference.endswith(by_tag.digest)


def test_who_may_pull_with_a_login_alone(served: Served) -> None:
    reference = f"{served.host}/closed/oci:1.0"
    with pytest.raises(RegistryError, match="does not exist, or is private") as denied:
        looked_up(reference)
    assert denied.value.cure.startswith("docker login 127.0.0.1")

    assert isinstance(looked_up(reference, login(served.host)), ImageConfig)
    with pytest.raises(RegistryError, match="refuses the login"):
        looked_up(reference, login(served.host, password="wrong"))


def test_a_tag_that_is_not_there_names_those_that_are(served: Served) -> None:
    found = looked_up(f"{served.host}/open/oci:2.0")

    assert isinstance(found, RegistryAbsence)
    assert found.why == f"{served.host} has no such tag"
    assert sorted(found.tags) == ["1.0", "many"]
    gone = looked_up(f"{served.host}/open/nothing:1.0")
    assert isinstance(gone, RegistryAbsence)


def test_a_registry_without_tokens(tmp_path: Path) -> None:
    registry = RealRegistry(tmp_path, guarded=False)
    config = config_of(ENVIRON)
    body = manifest_of(config)
    with registry.running() as host:
        registry.push(host, "team/app", "1", MANIFEST, body, config, b"layer")
        found = looked_up(f"{host}/team/app:1")
        assert isinstance(found, ImageConfig)
        assert found.digest == digest(body)
        assert looked_up(f"{host}/team/none:1") == RegistryAbsence(
            f"{host} has no repository team/none"
        )


@pytest.fixture
def docker_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path / "config.json"


def answered(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    code = main(["image", *words, "--platform", "linux-x86_64", "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("gpu", "driver", "runs"),
    [
        ("T4", "535", "yes"),
        ("RTX 4090", "535", "no"),
        ("RTX 4090", "570", "yes"),
        ("T4", "470", "no"),
    ],
)
def test_the_command_judges_what_the_registry_told(
    served: Served,
    docker_config: Path,
    capsys: pytest.CaptureFixture[str],
    gpu: str,
    driver: str,
    runs: str,
) -> None:
    docker_config.write_text(json.dumps(login(served.host)))
    reference = f"{served.host}/closed/docker:many"
    code, found = answered(capsys, reference, "--online", "--gpu", gpu, "--driver", driver)

    assert (found["image"]["exists"], found["runs"], found["image"]["torch"]) == (
        "yes",
        runs,
        "2.8.0",
    )
    assert code == (0 if runs == "yes" else 1)
    assert found["image"]["requirements"] == [ENVIRON["NVIDIA_REQUIRE_CUDA"]]
    assert found["image"]["registry"]["labels"] == {"maker": "tests"}


def test_the_command_says_what_is_not_there(
    served: Served, docker_config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = answered(capsys, f"{served.host}/open/oci:1.1", "--online", "--gpu", "T4")

    assert (code, found["image"]["exists"]) == (1, "no")
    assert [one["reference"] for one in found["nearest"]] == [f"{served.host}/open/oci:1.0"]
