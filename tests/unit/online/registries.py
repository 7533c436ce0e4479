"""Registries on the loopback address: Debian's docker-registry with a token server, and one that answers what it is told."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import requests

# A proxy of the environment must not see what goes to this machine.
HERE = requests.Session()
HERE.trust_env = False
REGISTRY, OPENSSL = shutil.which("docker-registry"), shutil.which("openssl")
USER, PASSWORD = "somebody", "pass:word"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"


class Asked(NamedTuple):
    """One request that a server got."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


class Told(NamedTuple):
    """What a server answers; *drip_s* is the time between the bytes of the body."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = MappingProxyType({})
    drip_s: float = 0


@contextmanager
def answering(answer: Callable[[Asked], Told]) -> Iterator[tuple[str, list[Asked]]]:
    """Serve what *answer* returns; yield host with port, and the requests that came."""
    seen: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            named = {name.lower(): value for name, value in self.headers.items()}
            query, body = parse_qs(parts.query), self.rfile.read(length)
            asked = Asked(self.command, parts.path, query, named, body)
            seen.append(asked)
            reply = answer(asked)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if not reply.drip_s:
                self.wfile.write(reply.body)
                return
            for byte in reply.body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(reply.drip_s)

        do_POST = do_PUT = do_DELETE = do_PATCH = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign, assignment, misc]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def config_of(environ: dict[str, str], arch: str = "amd64", **labels: str) -> bytes:
    pairs = [f"{name}={value}" for name, value in environ.items()]
    own = {"Env": pairs, "Labels": labels}
    made = {
        "architecture": arch, "os": "linux", "created": "2026-05-01T10:00:00Z", "config": own,
        "rootfs": {"type": "layers", "diff_ids": []},
    }  # fmt: skip
    return json.dumps(made).encode()


def manifest_of(config: bytes, layer: bytes = b"layer", *, docker: bool = False) -> bytes:
    kinds = (DOCKER_MANIFEST, DOCKER_CONFIG) if docker else (MANIFEST, CONFIG)
    layers = (
        "application/vnd.docker.image.rootfs.diff.tar.gzip"
        if docker
        else "application/vnd.oci.image.layer.v1.tar+gzip"
    )
    described = {"mediaType": kinds[1], "digest": digest(config), "size": len(config)}
    laid = [{"mediaType": layers, "digest": digest(layer), "size": len(layer)}]
    made = {"schemaVersion": 2, "mediaType": kinds[0], "config": described, "layers": laid}
    return json.dumps(made).encode()


def index_of(*parts: tuple[str, bytes], docker: bool = False) -> bytes:
    kinds = (DOCKER_LIST, DOCKER_MANIFEST) if docker else (INDEX, MANIFEST)
    entries = [
        {
            "mediaType": kinds[1], "digest": digest(body), "size": len(body),
            "platform": dict(zip(("os", "architecture", "variant"), name.split("/"), strict=False)),
        }
        for name, body in parts
    ]  # fmt: skip
    return json.dumps({"schemaVersion": 2, "mediaType": kinds[0], "manifests": entries}).encode()


class RealRegistry:
    """Debian's docker-registry on a port of its own, with tokens signed by a key of its own, or open to all."""

    def __init__(self, folder: Path, *, guarded: bool = True) -> None:
        self.folder, self.guarded = folder, guarded
        self.tokens: list[Asked] = []

    @contextmanager
    def running(self) -> Iterator[str]:
        if not self.guarded:
            with self._served("") as host:
                yield host
            return
        self._key()
        with answering(self._token) as (realm, seen):
            self.tokens = seen
            guard = (
                f"auth:\n  token:\n    realm: http://{realm}/token\n    service: tests\n    issuer: tests\n"
                f"    rootcertbundle: {self.folder}/cert.pem\n"
            )
            with self._served(guard) as host:
                yield host

    @contextmanager
    def _served(self, guard: str) -> Iterator[str]:
        assert REGISTRY
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        written = self.folder / "config.yml"
        written.write_text(
            f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {self.folder}/data}}}}\n"
            f"http: {{addr: '127.0.0.1:{port}'}}\n{guard}"
        )
        out = (self.folder / "log").open("w")
        process = subprocess.Popen((REGISTRY, "serve", str(written)), stdout=out, stderr=out)
        try:
            _wait(f"http://127.0.0.1:{port}/v2/", process)
            yield f"127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()
            out.close()

    def _key(self) -> None:
        assert OPENSSL
        subprocess.run(
            (
                *(OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=tests"),
                *(
                    "-keyout",
                    f"{self.folder}/key.pem",
                    "-out",
                    f"{self.folder}/cert.pem",
                    "-days",
                    "2",
                ),
            ),
            check=True,
            capture_output=True,
        )

    def _token(self, asked: Asked) -> Told:
        """The token server: somebody may pull and push, whoever names nobody may pull what begins with open/."""
        sent = asked.headers.get("authorization", "")
        known = sent == f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"
        if sent and not known:
            return Told(401)
        scope = (asked.query.get("scope") or [""])[0]
        _, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        allowed = actions.split(",") if known else ["pull"] * name.startswith("open/")
        access = [{"type": "repository", "name": name, "actions": allowed}] if name else []
        return Told(200, json.dumps({"token": self._signed(access)}).encode())

    def _signed(self, access: list[dict[str, Any]]) -> str:
        lines = (self.folder / "cert.pem").read_text().splitlines()
        der = "".join(line for line in lines if not line.startswith("-----"))
        now = int(time.time())
        claims = {
            "iss": "tests", "sub": USER, "aud": "tests", "exp": now + 300, "nbf": now - 60, "iat": now - 60,
            "jti": str(time.monotonic_ns()), "access": access,
        }  # fmt: skip
        head = {"typ": "JWT", "alg": "RS256", "x5c": [der]}
        text = ".".join(_plain(json.dumps(part).encode()) for part in (head, claims))
        assert OPENSSL
        done = subprocess.run(
            (OPENSSL, "dgst", "-sha256", "-sign", f"{self.folder}/key.pem"),
            input=text.encode(), check=True, capture_output=True,
        )  # fmt: skip
        return f"{text}.{_plain(done.stdout)}"

    def push(
        self, host: str, repository: str, tag: str, media: str, body: bytes, *blobs: bytes
    ) -> None:
        """Put a manifest and its blobs into the registry, as docker push does."""
        scope = f"repository:{repository}:pull,push"
        headers = {}
        if self.guarded:
            token = self._token(
                Asked(
                    "GET", "/token", {"scope": [scope]},
                    {"authorization": f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"}, b"",
                )
            )  # fmt: skip
            headers = {"Authorization": f"Bearer {json.loads(token.body)['token']}"}
        root = f"http://{host}/v2/{repository}"
        for blob in blobs:
            begun = HERE.post(f"{root}/blobs/uploads/", headers=headers, timeout=60)
            place = begun.headers["Location"]
            sign = "&" if "?" in place else "?"
            url = f"{place}{sign}digest={digest(blob)}"
            HERE.put(url, data=blob, headers=headers, timeout=60).raise_for_status()
        put = HERE.put(
            f"{root}/manifests/{tag}",
            data=body,
            headers={**headers, "Content-Type": media},
            timeout=60,
        )
        put.raise_for_status()


def _plain(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        try:
            HERE.get(url, timeout=5)
        except requests.RequestException:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the registry did not start")
