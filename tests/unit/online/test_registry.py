"""What a registry may answer: tokens, redirects, limits, and every way of not telling the truth."""

from __future__ import annotations

import base64
import json
import socket
import stat
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.__main__ import main
from torch_doctor.matrix.images.config import ImageConfig, RegistryAbsence
from torch_doctor.online.registry.challenge import Challenge, challenges
from torch_doctor.online.registry.client import RegistryError, RegistryVisit, Retries
from torch_doctor.online.registry.images import look_up
from torch_doctor.online.registry.login import Login, Logins
from torch_doctor.online.registry.place import ImagePlace, place_of
from torch_doctor.online.web import Limits, OnlineError, Web, WebAnswer

from tests.unit.online.registries import (
    INDEX,
    MANIFEST,
    Asked,
    Told,
    answering,
    config_of,
    digest,
    index_of,
    manifest_of,
)

IMAGE_CONFIG = config_of({"CUDA_VERSION": "12.8.1", "EVIL": "\x1b[31mred"}, note="\x1b[2J")
BODY = manifest_of(IMAGE_CONFIG)
SOON = Retries(attempts=3, first_s=0.01, most_s=0.5, total_s=5)
FAST = Limits(connect_s=1, silence_s=0.5, total_s=2)


def served(asked: Asked) -> Told:
    """A registry that is open to all, with one image."""
    if asked.path.endswith(("/manifests/1", f"/manifests/{digest(BODY)}")):
        return Told(200, BODY, {"Content-Type": MANIFEST})
    if asked.path.endswith(f"/blobs/{digest(IMAGE_CONFIG)}"):
        return Told(200, IMAGE_CONFIG)
    missing = {"errors": [{"code": "MANIFEST_UNKNOWN"}]}
    return Told(404, json.dumps(missing).encode())


def ask(
    answer: Callable[[Asked], Told], config: Any = None, name: str = "team/app:1", **more: Any
) -> tuple[ImageConfig | RegistryAbsence, list[Asked]]:
    with answering(answer) as (host, seen):
        config = json.loads(json.dumps(config).replace("HOST", host))
        more = {"limits": FAST, "patience": SOON, **more}
        with RegistryVisit(place_of(f"{host}/{name}"), Logins(config), **more) as visit:
            found = look_up(visit, "amd64")
        return found, [one for one in seen if one.path != "/v2/"]


def refused(answer: Callable[[Asked], Told], **more: Any) -> RegistryError:
    with pytest.raises(RegistryError) as caught:
        ask(answer, **more)
    assert "\n" not in str(caught.value)
    assert caught.value.cure
    return caught.value


@pytest.mark.parametrize(
    ("reference", "place", "shown"),
    [
        ("ubuntu", ("docker.io", "library/ubuntu", "latest"), "ubuntu:latest"),
        (
            "pytorch/pytorch:2.8.0",
            ("docker.io", "pytorch/pytorch", "2.8.0"),
            "pytorch/pytorch:2.8.0",
        ),
        (
            "docker.io/library/ubuntu:22.04",
            ("docker.io", "library/ubuntu", "22.04"),
            "ubuntu:22.04",
        ),
        ("index.docker.io/a/b", ("docker.io", "a/b", "latest"), "a/b:latest"),
        ("nvcr.io/nvidia/pytorch:25.09-py3", ("nvcr.io", "nvidia/pytorch", "25.09-py3"), None),
        ("localhost/app", ("localhost", "app", "latest"), "localhost/app:latest"),
        ("localhost:5000/app:1", ("localhost:5000", "app", "1"), None),
        ("[::1]:5000/app:1", ("[::1]:5000", "app", "1"), None),
        ("a.example/x@sha256:" + "a" * 64, ("a.example", "x", "sha256:" + "a" * 64), None),
        (
            "a.example/x:1@sha256:" + "a" * 64,
            ("a.example", "x", "sha256:" + "a" * 64),
            "a.example/x@sha256:" + "a" * 64,
        ),
    ],
)
def test_places(reference: str, place: tuple[str, str, str], shown: str | None) -> None:
    found = place_of(reference)

    assert found == ImagePlace(*place)
    assert found.shown == (shown or reference)
    assert found.is_loopback == found.host.startswith(("localhost", "[::1]"))


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "A/b",
        "a/../b",
        "a.example/../x",
        "x:",
        "x@sha256:12",
        "a.example:99x/y",
        "x:a b",
        "//x",
        "u@h/x",
    ],
)
def test_what_is_no_place(reference: str) -> None:
    with pytest.raises(OnlineError):
        place_of(reference)


@given(st.text(max_size=60))
def test_no_reference_leads_elsewhere(reference: str) -> None:
    try:
        place = place_of(reference)
    except OnlineError:
        return
    assert ".." not in place.repository.split("/")
    assert not set(place.host) & set("@/?# \\")


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", []),
        (
            'Bearer realm="https://a.example/token",service="a",scope="repository:x:pull,push"',
            [("bearer", {"realm": "https://a.example/token", "service": "a", "scope": "repository:x:pull,push"})],
        ),
        ('bearer realm="a\\"b" , service=c', [("bearer", {"realm": 'a"b', "service": "c"})]),
        ('Basic realm="x", Bearer realm="y"', [("basic", {"realm": "x"}), ("bearer", {"realm": "y"})]),
        ("Negotiate, Basic realm=x", [("negotiate", {}), ("basic", {"realm": "x"})]),
        ('realm="x"', []),
    ],
)  # fmt: skip
def test_challenges(header: str, found: list[tuple[str, dict[str, str]]]) -> None:
    assert challenges(header) == [Challenge(*one) for one in found]


@given(st.text(max_size=200) | st.text('Bearer Basic realm="\\,= ', max_size=60))
def test_no_challenge_raises(header: str) -> None:
    assert isinstance(challenges(header), list)


def test_what_comes_from_outside_is_made_visible() -> None:
    found, _ = ask(served)

    assert isinstance(found, ImageConfig)
    assert found.cuda == "12.8.1"
    assert "\x1b" not in str((found.environ, found.labels))


def guarded(asked: Asked) -> Told:
    """One that gives tokens out itself, to somebody alone."""
    host = asked.headers["host"]
    if asked.path == "/token":
        pair = base64.b64encode(b"me:secret").decode()
        refresh = b"refresh_token=kept" in asked.body and b"grant_type=refresh_token" in asked.body
        known = asked.headers.get("authorization") == f"Basic {pair}" or refresh
        return Told(200, json.dumps({"access_token": "good" if known else "poor"}).encode())
    if asked.headers.get("authorization") == "Bearer good":
        return served(asked)
    return Told(401, b"{}", {"WWW-Authenticate": f'Bearer realm="http://{host}/token",service="s"'})


@pytest.mark.parametrize(
    "entry",
    [
        {"auth": base64.b64encode(b"me:secret").decode()},
        {"identitytoken": "kept"},
        {"registrytoken": "good"},
    ],
)
def test_every_kind_of_login(entry: dict[str, str]) -> None:
    found, seen = ask(guarded, {"auths": {"HOST": entry}})

    assert isinstance(found, ImageConfig)
    tokens = [one for one in seen if one.path == "/token"]
    assert len(tokens) == (0 if "registrytoken" in entry else 1)
    for one in tokens:
        scope = one.query.get("scope") or [one.body.decode()]
        assert "repository" in scope[0]


def test_without_a_login_nothing_is_known() -> None:
    error = refused(guarded)

    assert "does not exist, or is private" in str(error)


def test_a_basic_challenge_is_answered() -> None:
    pair = base64.b64encode(b"me:secret").decode()

    def basic(asked: Asked) -> Told:
        if asked.headers.get("authorization") == f"Basic {pair}":
            return served(asked)
        return Told(401, b"", {"WWW-Authenticate": 'Basic realm="x"'})

    assert isinstance(ask(basic, {"auths": {"HOST": {"auth": pair}}})[0], ImageConfig)
    assert "private" in str(refused(basic))


def test_a_token_goes_to_no_other_host() -> None:
    with answering(lambda asked: Told(200, IMAGE_CONFIG)) as (store, fetched):

        def moved(asked: Asked) -> Told:
            if "/blobs/" in asked.path and asked.headers.get("authorization") == "Bearer good":
                return Told(307, b"", {"Location": f"http://{store}/kept?signature=x"})
            return guarded(asked)

        found, _ = ask(moved, {"auths": {"HOST": {"registrytoken": "good"}}})

    assert isinstance(found, ImageConfig)
    assert [one.path for one in fetched] == ["/kept"]
    assert "authorization" not in fetched[0].headers


@pytest.mark.parametrize("status", [307, 308])
def test_a_refresh_token_goes_along_with_no_redirect(status: int) -> None:
    with answering(lambda asked: Told(200, b'{"token": "good"}')) as (thief, stolen):

        def moved(asked: Asked) -> Told:
            if asked.path == "/token":
                return Told(status, b"", {"Location": f"http://{thief}/token"})
            return guarded(asked)

        error = refused(moved, config={"auths": {"HOST": {"identitytoken": "kept"}}})

    assert not stolen
    assert f"no token came (the server answers {status})" in str(error)


@pytest.mark.parametrize(
    "realm", ["http://tokens.invalid/token", "http:///token", "ftp://127.0.0.1/", ""]
)
def test_no_login_goes_in_the_clear_to_another_machine(
    realm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for: list[str] = []
    reply = Web.reply

    def noted(web: Web, url: str, *more: Any) -> WebAnswer:
        asked_for.append(url)
        return reply(web, url, *more)

    monkeypatch.setattr(Web, "reply", noted)
    challenge = {"WWW-Authenticate": f'Bearer realm="{realm}",service="s"'}
    entry = {"auth": base64.b64encode(b"me:secret").decode()}
    error = refused(lambda _: Told(401, b"", challenge), config={"auths": {"HOST": entry}})

    assert "names no sound place for tokens" in str(error)
    assert not any("token" in url for url in asked_for)


def test_netrc_signs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    _, seen = ask(served)

    assert not any("authorization" in one.headers for one in seen)


def helper(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "docker-credential-tests"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


@pytest.mark.parametrize("key", ["credsStore", "credHelpers"])
@pytest.mark.parametrize(
    ("words", "login"),
    [
        ('{"Username":"me","Secret":"secret"}', Login("me", "secret")),
        ('{"Username":"<token>","Secret":"kept"}', Login(identity="kept")),
    ],
)
def test_helpers_are_asked_for_the_registry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, words: str, login: Login
) -> None:
    script = f"read name; [ \"$1 $name\" = 'get a.example' ] && echo '{words}' || exit 1"
    helper(tmp_path, monkeypatch, script)
    config = {key: "tests" if key == "credsStore" else {"a.example": "tests"}}

    assert Logins(config).of(place_of("a.example/x")) == login
    assert Logins({"credHelpers": {"b.example": "tests"}}).of(place_of("a.example/x")) is None


@pytest.mark.parametrize(
    ("script", "note"),
    [
        ("exec sleep 600", "no answer in"),
        ("echo no >&2; exit 1", "failed: no"),
        ("echo credentials not found in native keychain; exit 1", None),
        ("echo '['", None),
        ("echo '[]'", None),
        (None, "not on the path"),
    ],
)
def test_a_helper_that_fails_is_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, note: str | None
) -> None:
    if script is not None:
        helper(tmp_path, monkeypatch, script)
    pair = base64.b64encode(b"me:secret").decode()
    config = {"credsStore": "tests", "auths": {"a.example": {"auth": pair}}}
    logins = Logins(config, deadline_s=0.3)
    began = time.monotonic()

    assert logins.of(place_of("a.example/x")) == Login("me", "secret")
    assert time.monotonic() - began < 600
    assert (note in logins.notes[0]) if note else not logins.notes


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["auths", "a.example", "auth", "credHelpers", "identitytoken"]),
                inner,
                max_size=3,
            )
        ),
        max_leaves=12,
    )
)
def test_no_configuration_raises(config: Any) -> None:
    assert Logins(config).of(place_of("a.example/x")) is None or isinstance(config, dict)


def test_a_busy_registry_is_asked_again() -> None:
    turns = [Told(503), Told(429, b"", {"Retry-After": "0"})]

    found, seen = ask(lambda asked: turns.pop() if turns else served(asked))

    assert isinstance(found, ImageConfig)
    assert len(seen) == 4


@pytest.mark.parametrize(
    "after",
    ["3600", format_datetime(datetime.now(timezone.utc) + timedelta(hours=1))],
    ids=["seconds", "date"],
)
def test_a_limit_is_said_plainly_and_not_waited_for(after: str) -> None:
    headers = {"Retry-After": after, "RateLimit-Limit": "100;w=21600"}
    began = time.monotonic()
    error = refused(lambda asked: Told(429, b"", headers))

    assert "429: too many requests" in str(error)
    assert "its limit is 100" in str(error)
    assert "docker login" in error.cure
    assert " s," in error.cure
    assert time.monotonic() - began < 600


def test_a_registry_that_stays_busy() -> None:
    seen: list[Asked] = []
    error = refused(lambda asked: (seen.append(asked), Told(503))[1])

    assert "answers 503" in str(error)
    assert len([one for one in seen if one.path != "/v2/"]) == 3


def other(**instead: Told) -> Callable[[Asked], Told]:
    """The registry, but for what it answers to paths with these words."""
    return lambda asked: next(
        (reply for word, reply in instead.items() if f"/{word}/" in asked.path), served(asked)
    )


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (Told(200, b"{}"), "too old, or is no image"),
        (Told(200, b"[" * 100_000), "too old, or is no image"),
        (Told(200, b'{"schemaVersion": 1}'), "too old, or is no image"),
        (Told(200, b'{"schemaVersion": 2}'), "no image that docker could run"),
        (Told(200, index_of(), {"Content-Type": INDEX}), "no image for Linux"),
        (
            Told(200, index_of(("windows/amd64", BODY)), {"Content-Type": INDEX}),
            "no image for Linux",
        ),
        (
            Told(200, index_of(("unknown/unknown", BODY)), {"Content-Type": INDEX}),
            "no image for Linux",
        ),
        (Told(200, b" " * (5 << 20)), "MiB"),
        (Told(200, BODY * 9, {}, 0.2), "s"),
        (Told(404, b"<html>"), "404 without saying what is missing"),
        (Told(418), "answers 418"),
        (Told(302, b"", {"Location": "ftp://x/"}), ""),
        (Told(302, b"", {"Location": "/v2/team/app/manifests/1"}), "circles"),
        (Told(401, b"", {"WWW-Authenticate": 'Bearer realm="gopher://x"'}), "no sound place"),
    ],
)
def test_manifests_that_tell_nothing(manifest: Told, words: str) -> None:
    assert words in str(refused(other(manifests=manifest)))


def test_bytes_that_are_not_those_of_a_digest_are_refused() -> None:
    swapped = config_of({"CUDA_VERSION": "1.0"})
    index = Told(200, index_of(("linux/amd64", BODY)), {"Content-Type": INDEX})

    def lying(asked: Asked) -> Told:
        if asked.path.endswith("/manifests/1"):
            return index
        return Told(200, manifest_of(swapped), {"Content-Type": MANIFEST})

    assert "another configuration" in str(refused(other(blobs=Told(200, swapped))))
    assert "another manifest" in str(refused(lying))


def test_a_silent_registry_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = place_of(f"127.0.0.1:{server.getsockname()[1]}/x:1")
        began = time.monotonic()
        with RegistryVisit(place, Logins(), FAST, SOON) as visit, pytest.raises(RegistryError):
            look_up(visit, "amd64")
        assert time.monotonic() - began < 60


@pytest.mark.parametrize("words", [("--json",), ()])
def test_what_cannot_be_reached_is_unknown_and_never_no(
    words: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    (tmp_path / "config.json").write_text("{")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        code = main(["image", f"127.0.0.1:{closed.getsockname()[1]}/x/y:1", "--online", *words])
    out = capsys.readouterr()

    assert code == 2
    assert "not known: " in out.err
    assert "without a login" in out.err
    assert not words or json.loads(out.out)["error"]["kind"] == "input"


class _Telling:
    """A visit that brings a manifest and a configuration without a network."""

    def __init__(self, manifest: bytes, config: bytes) -> None:
        self.place = place_of("a.example/x:1")
        self._served = {"manifests/1": manifest, f"blobs/{digest(config)}": config}

    def get(self, path: str, accept: str, most: int) -> WebAnswer:
        assert accept
        body = self._served.get(path)
        return WebAnswer(path, 200 if body is not None else 404, {}, (body or b"")[:most])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
FIELDS = [
    "Env",
    "Labels",
    "config",
    "architecture",
    "os",
    "created",
    "mediaType",
    "digest",
    "platform",
    "layers",
    "size",
]


@given(
    JSON, st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4), st.sampled_from(FIELDS), JSON
)
def test_no_answer_raises_anything_else(any_config: Any, own: Any, field: str, odd: Any) -> None:
    config = json.dumps({"config": own, field: odd} if own else any_config).encode()
    manifest = (
        {**json.loads(manifest_of(config)), field: odd} if field != "config" else {"config": odd}
    )
    for body in (json.dumps({"schemaVersion": 2, **manifest}).encode(), manifest_of(config)):
        visit: Any = _Telling(body, config)
        try:
            found = look_up(visit, "amd64")
        except RegistryError:
            continue
        assert isinstance(found, ImageConfig)
        assert all(
            isinstance(value, str) for value in (*found.environ.values(), *found.labels.values())
        )


@given(st.lists(JSON, max_size=4), st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3))
def test_no_index_raises_anything_else(entries: Any, entry: Any) -> None:
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [*entries, entry]}
    visit: Any = _Telling(json.dumps(index).encode(), b"")
    with pytest.raises(RegistryError):
        look_up(visit, "amd64")


def test_a_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(served) as (proxy, seen):
        monkeypatch.setenv("http_proxy", f"http://{proxy}")
        with RegistryVisit(place_of("127.0.0.1:1/team/app:1"), Logins(), FAST, SOON) as visit:
            assert isinstance(look_up(visit, "amd64"), ImageConfig)

    assert {one.headers["host"] for one in seen} == {"127.0.0.1:1"}
