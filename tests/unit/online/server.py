"""A package index on the loopback address, with small invented wheels. It serves ranges, or does not."""

from __future__ import annotations

import io
import json
import struct
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ARCHS = b"\0sm_80 sm_90 sm_120\0"
GENCODE = (
    b"\0-gencode;arch=compute_80,code=sm_80;-gencode;arch=compute_120,code=[sm_120,compute_120]\0"
)
METADATA = """Metadata-Version: 2.1
Name: torch
Version: 9.1.0
Requires-Python: >=3.11
Requires-Dist: filelock
Requires-Dist: nvidia-cudnn-cu12==9.10.2.21; platform_system == "Linux" and platform_machine == "x86_64"
Requires-Dist: triton==9.1.0; platform_system == "Linux"
Requires-Dist: cuda-toolkit[cublas]==12.8.1; platform_machine == "aarch64"

nvidia-not-a-pin==1
"""


def elf(
    constants: bytes,
    names: bytes = b"\0_ZN3c105ErrorC2ENSt7__cxx1112basic_string\0",
    section: str = ".rodata",
) -> bytes:
    """Return an ELF file with *section*, .dynstr and the names of its sections, and nothing else."""
    sections = [("", b""), (section, constants), (".dynstr", names)]
    table = b"\0".join(name.encode() for name, _ in sections) + b"\0.shstrtab\0"
    sections.append((".shstrtab", table))
    body, headers = b"", b""
    for name, content in sections:
        place = table.index(name.encode() + b"\0") if name else 0
        headers += struct.pack(
            "<IIQQQQIIQQ", place, 1 if name else 0, 0, 0, 64 + len(body), len(content), 0, 0, 1, 0
        )
        body += content
    head = b"\x7fELF\x02\x01\x01" + bytes(9)
    head += struct.pack(
        "<HHIQQQIHHHHHH", 3, 62, 1, 0, 0, 64 + len(body), 0, 64, 0, 0, 64, len(sections), 3
    )
    return head + body + headers


def wheel(
    version: str = "9.1.0", cuda: str | None = "12.8", padding: int = 0, **members: bytes | None
) -> bytes:
    """Return a torch wheel; *members* replaces files, None leaves one out."""
    files: dict[str, bytes | None] = {
        "torch/version.py": f"__version__ = '{version}'\ncuda = {cuda!r}\ngit_version = '{'ab' * 20}'\n".encode(),
        f"torch-{version}.dist-info/METADATA": METADATA.encode(),
        f"torch-{version}.dist-info/WHEEL": b"Wheel-Version: 1.0\nTag: cp311-cp311-manylinux_2_28_x86_64\n",
        "torch/lib/libtorch_python.so": elf(ARCHS if cuda else b"\0"),
        "torch/lib/libc10.so": elf(b"\0"),
        "torch/lib/libtorch_cuda.so": b"\x7fELF" + bytes(3 << 20) + GENCODE + bytes(1000)
        if cuda
        else None,
        "torch/padding": bytes(range(256)) * (padding // 256),
    }
    files |= {
        name.replace("__", "/").replace("_so", ".so"): content for name, content in members.items()
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            if content is not None:
                kind = zipfile.ZIP_STORED if name.endswith("padding") else zipfile.ZIP_DEFLATED
                archive.writestr(zipfile.ZipInfo(name), content, kind)
    return out.getvalue()


class Site:
    """What the server serves and what was asked of it. *ranges* False ignores Range; *quirk* misbehaves."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.redirects: dict[str, str] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.ranges = True
        self.quirk = ""
        self.url = ""

    def page(self, *names: str, attributes: str = "", as_json: bool = False) -> None:
        if as_json:
            files = [
                {"filename": n, "url": f"/files/{n}", "upload-time": "2026-01-02T03:04:05Z"}
                for n in names
            ]
            self.files["/simple/torch/"] = json.dumps({"files": [*files, {"url": 3}, "x"]}).encode()
            self.types["/simple/torch/"] = "application/vnd.pypi.simple.v1+json"
            return
        rows = "".join(
            f'<a href="../../files/{n}#sha256=0" {attributes}>{n}</a><br/>' for n in names
        )
        self.files["/simple/torch/"] = f"<!DOCTYPE html><html><body>{rows}</body></html>".encode()
        self.types["/simple/torch/"] = "text/html"

    def headers_of(self, path: str) -> list[dict[str, str]]:
        return [headers for asked, headers in self.asked if asked == path]


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            return

        def do_GET(self) -> None:
            site.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
            if self.path in site.redirects:
                self._answer(302, b"", {"Location": site.redirects[self.path]})
            elif self.path not in site.files:
                self._answer(404, b"no")
            else:
                self._file(site.files[self.path], site.types.get(self.path, "application/zip"))

        def _file(self, body: bytes, kind: str) -> None:
            span = self.headers.get("Range", "").removeprefix("bytes=")
            head = {"Content-Type": kind}
            if site.quirk == "silent":
                time.sleep(3)
            if site.quirk == "drip":
                return self._drip(body)
            if not span or not site.ranges:
                return self._answer(200, body, head)
            first, _, last = span.partition("-")
            start = int(first) if first else max(0, len(body) - int(last))
            end = min(int(last), len(body) - 1) if first else len(body) - 1
            part = body[start : end + 1]
            if site.quirk == "other bytes":
                start += 1
            return self._answer(
                206, part, head | {"Content-Range": f"bytes {start}-{end}/{len(body)}"}
            )

        def _drip(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                for byte in body[:100]:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(0.05)
            except OSError:
                return

        def _answer(self, code: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(code)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
