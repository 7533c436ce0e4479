"""A server on the loopback address that speaks TLS and lies: each path is one way in which a download goes wrong."""

from __future__ import annotations

import gzip
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]
HTML = b"<!DOCTYPE html><html><body>Please log in to the network.</body></html>"


class Liar:
    """What is served at which path; *asked* are the paths that were asked for."""

    def __init__(self, content: bytes, url: str, certificate: Path) -> None:
        self.url, self.certificate, self.content = url, certificate, content
        self.asked: list[str] = []
        self.answers: dict[str, Answer] = {
            "/sound": plain(content),
            "/html": plain(HTML, kind="text/html"),
            "/not-found": plain(b"no", code=404),
            "/broken": plain(b"\x00\xff\x00" * 100),
            "/cut": plain(content[: len(content) // 2]),
            "/breaks-off": plain(content[:1000], announced=len(content)),
            "/another-document": plain(b'{"schema_version": 2, "facts": {}}'),
            "/deep": plain(b"[" * 200_000),
            "/announces-too-much": plain(b"{", announced=1 << 40),
            "/sends-too-much": _endless,
            "/unfolds-too-much": plain(gzip.compress(b" " * (40 << 20), 1), encoding="gzip"),
            "/in-the-open": redirect("http://127.0.0.1:9/sound"),
            "/IN-THE-OPEN": redirect("HTTP://127.0.0.1:9/sound"),
            "/circle": redirect("/circle"),
            "/moved": redirect("/sound"),
            "/drips": _drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n"),
            "/drips-headers": _drip(b"HTTP/1.1 200 OK\r\n"),
            "/silent": lambda _: time.sleep(3),
        }


def plain(
    body: bytes,
    code: int = 200,
    kind: str = "application/json",
    announced: int | None = None,
    encoding: str = "",
) -> Answer:
    """Answer with *body*; *announced* is the length that the headers give."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body) if announced is None else announced))
        if encoding:
            handler.send_header("Content-Encoding", encoding)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def redirect(to: str) -> Answer:
    """Send elsewhere."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", to)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def _endless(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{")
    for _ in range(34):
        handler.wfile.write(b" " * (1 << 20))


def _drip(head: bytes) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(head)
        for _ in range(60):
            handler.wfile.write(b"X")
            handler.wfile.flush()
            time.sleep(0.05)

    return answer


def certificate_in(folder: Path) -> Path:
    """Make a certificate for the loopback address, which signs itself, and its key, in one file."""
    made = folder / "loopback.pem"
    words = (
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
        *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
        *("-keyout", str(folder / "key.pem"), "-out", str(made)),
    )
    subprocess.run(words, check=True, capture_output=True)
    made.write_text(made.read_text() + (folder / "key.pem").read_text())
    return made


@contextmanager
def lying(content: bytes, certificate: Path) -> Iterator[Liar]:
    """Serve *content* and all the lies until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def log_message(self, *_: Any) -> None:
            return

        def do_GET(self) -> None:
            self.close_connection = True
            liar.asked.append(self.path)
            try:
                liar.answers[self.path](self)
            except OSError:
                return  # who asked has had enough

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            return  # a handshake that the other side refused

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    liar = Liar(content, f"https://127.0.0.1:{server.server_address[1]}", certificate)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield liar
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
