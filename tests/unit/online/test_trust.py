"""Registries whose certificate only docker's certs.d knows, and that ask for a certificate themselves."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from torch_doctor.__main__ import main
from torch_doctor.cli.image import certificate_folders
from torch_doctor.online.registry.client import RegistryError, RegistryVisit, Retries
from torch_doctor.online.registry.login import Logins
from torch_doctor.online.registry.place import place_of
from torch_doctor.online.registry.trust import trusting_web

from tests.unit.online.registries import OPENSSL

pytestmark = pytest.mark.skipif(not OPENSSL, reason="needs openssl")


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


class _Quiet(HTTPServer):
    def handle_error(self, *_: object) -> None:
        pass


def pair(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a certificate for this machine that signs itself, and its key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}-key.pem"
    assert OPENSSL
    words = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tests")
    more = ("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate)
    subprocess.run((OPENSSL, *words, *more), check=True, capture_output=True)
    return certificate, key


@contextmanager
def serving(certificate: Path, key: Path, asks: Path | None = None) -> Iterator[str]:
    """A registry behind TLS; with *asks* for those alone who show this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if asks is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(asks)
    server = _Quiet(("127.0.0.1", 0), _Answer)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def status(host: str, among: Path, notes: list[str]) -> int:
    place = place_of(f"{host}/a/b:1")
    own = among / host
    files = sorted(map(str, own.iterdir())) if own.is_dir() else []
    web = trusting_web(place, files, notes)
    once = Retries(attempts=1)
    with RegistryVisit(place, Logins(), patience=once, web=web) as visit:
        return visit.get("manifests/1", "*/*", 100).status


def laid(folder: Path, host: str, **files: Path) -> Path:
    own = folder / host
    own.mkdir(parents=True)
    for name, source in files.items():
        (own / name.replace("_", ".")).write_bytes(source.read_bytes())
    return folder


def test_an_authority_of_certs_d_is_trusted_for_its_registry_alone(tmp_path: Path) -> None:
    certificate, key = pair(tmp_path, "server")
    notes: list[str] = []
    with serving(certificate, key) as host:
        with pytest.raises(RegistryError):
            status(host, tmp_path / "none", notes)
        with pytest.raises(RegistryError):
            status(
                host, laid(tmp_path / "other", "registry.example:5000", ca_crt=certificate), notes
            )
        assert status(host, laid(tmp_path / "own", host, ca_crt=certificate), notes) == 200
    assert notes == []


def test_a_registry_that_asks_who_is_there_is_shown_the_certificate(tmp_path: Path) -> None:
    certificate, key = pair(tmp_path, "server")
    own, own_key = pair(tmp_path, "client")
    notes: list[str] = []
    with serving(certificate, key, asks=own) as host:
        with pytest.raises(RegistryError):
            status(host, laid(tmp_path / "a", host, ca_crt=certificate), notes)
        files = {"ca_crt": certificate, "me_cert": own, "me_key": own_key}
        assert status(host, laid(tmp_path / "b", host, **files), notes) == 200
    assert notes == []


def test_what_cannot_be_used_is_said_and_left_out(tmp_path: Path) -> None:
    certificate, key = pair(tmp_path, "server")
    odd = tmp_path / "odd"
    odd.write_text("no certificate\n")
    notes: list[str] = []
    with serving(certificate, key) as host:
        files = {"a_crt": odd, "ca_crt": certificate, "me_cert": certificate, "README": odd}
        assert status(host, laid(tmp_path / "d", host, **files), notes) == 200

    assert len(notes) == 2
    assert all(" is left out: " in words for words in notes)
    assert not any("README" in words for words in notes)


def test_the_command_looks_where_docker_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "none"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    certificate, key = pair(tmp_path, "server")
    with serving(certificate, key) as host:
        image = f"{host}/a/b:1"
        assert main(["image", image, "--online", "--gpu", "A100", "--driver", "580"]) == 2
        before = capsys.readouterr().err
        laid(tmp_path / "config" / "docker" / "certs.d", host, ca_crt=certificate)
        assert main(["image", image, "--online", "--gpu", "A100", "--driver", "580"]) == 2
        after = capsys.readouterr().err

    assert certificate_folders()[1] == "/etc/docker/certs.d"
    assert "there is no connection" in before
    assert "there is no connection" not in after
    assert "is in a form that is too old, or is no image" in after
