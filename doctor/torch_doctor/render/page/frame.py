"""A whole page that loads nothing, and whose policy lets no script run but its own."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from torch_doctor.render.page.markup import text


def page(title: str, body: str) -> str:
    """Return a page around *body*, which is HTML already."""
    script = asset("report.js")
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{text(title)}</title>\n<style>html{{background:Canvas}}body{{margin:0}}</style>\n"
        f"</head>\n<body>\n{body}<script>{script}</script>\n</body>\n</html>\n"
    )


def asset(name: str) -> str:
    """Return a file that pages carry."""
    return (Path(__file__).parent.parent / name).read_text(encoding="utf-8")
