"""Which package index the user's pip asks, and the files that its page of a project lists (HTML or JSON)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.online.web import OnlineError, Page, Web, plain

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_MAX_LINKS = 100_000
_WHEEL = re.compile(
    r"(?P<name>[A-Za-z0-9_.]+)-(?P<version>[^-]+)(-(?P<build>\d[^-]*))?"
    r"-(?P<python>[^-]+)-(?P<abi>[^-]+)-(?P<platform>[^-]+)\.whl"
)


class PackageIndex(NamedTuple):
    """A package index: its simple address, with the credentials that pip would use, and pip's certificates."""

    url: str
    cert: str | None = None


class Link(NamedTuple):
    """One file that an index offers."""

    filename: str
    url: str
    requires_python: str | None = None
    uploaded: str | None = None
    yanked: bool = False


class WheelName(NamedTuple):
    """What the name of a wheel says. *python_tag* is cp313t for a free-threaded build of 3.13.

    *abi* is cpython (one Python), abi3 (that and later, none of them free-threaded) or none (any Python of the tag).
    *build* orders wheels of one name: installers take the highest.
    """

    name: str
    version: str
    python_tag: str
    platform_tags: tuple[str, ...]
    abi: str = "cpython"
    build: int = 0


def configured_index(environ: Mapping[str, str]) -> PackageIndex:
    """Return the index that pip would ask here; raise OnlineError where there is no pip to tell.

    No address of an index stands in this program: where none is configured, pip names its own default.
    """
    values = _pip_values(_pip(("config", "list")) or "")
    url = environ.get("PIP_INDEX_URL") or values.get("index-url") or _pip_default()
    if not url:
        raise OnlineError(
            "no pip is here to say which package index it uses; name one with --index-url"
        )
    return PackageIndex(url, values.get("cert"))


def links(web: Web, index: PackageIndex, project: str) -> list[Link]:
    """Return the files that *index* offers of *project*."""
    page = web.page(f"{index.url.rstrip('/')}/{project}/", ACCEPT)
    return read_json(page) if page.media_type.endswith("json") else read_html(page)


def read_json(page: Page) -> list[Link]:
    """Read a page of PEP 691; entries without a name or an address are left out."""
    try:
        files: Any = json.loads(page.body).get("files", [])
    except (ValueError, AttributeError, RecursionError):
        raise OnlineError(
            f"{plain(page.url)}: the page is not the JSON of a package index"
        ) from None
    found = []
    for file in files[:_MAX_LINKS] if isinstance(files, list) else ():
        if not isinstance(file, dict) or not _are_texts(file.get("filename"), file.get("url")):
            continue
        python, uploaded = file.get("requires-python"), file.get("upload-time")
        found.append(
            Link(
                one_line(file["filename"]),
                urljoin(page.url, file["url"]),
                one_line(python) if isinstance(python, str) else None,
                one_line(uploaded) if isinstance(uploaded, str) else None,
                file.get("yanked", False) is not False,
            )
        )
    return found


def read_html(page: Page) -> list[Link]:
    """Read a page of PEP 503."""
    anchors = _Anchors(page.url)
    with suppress(AssertionError):  # what html.parser says of a declaration that is none
        anchors.feed(page.body.decode("utf-8", "replace"))
        anchors.close()
    return anchors.found


def wheel_name(filename: str) -> WheelName | None:
    """Take the name of a wheel apart; None where it is none."""
    match = _WHEEL.fullmatch(filename)
    if not match:
        return None
    one = match["abi"] == "none" and match["python"].startswith(
        "cp"
    )  # no ABI, and for that Python alone
    plain = match["abi"] in ("none", "abi3")
    tag = match["python"] if plain else match["abi"]
    return WheelName(
        match["name"],
        match["version"],
        tag,
        tuple(match["platform"].split(".")),
        match["abi"] if plain and not one else "cpython",
        int(re.match(r"\d+", match["build"])[0]) if match["build"] else 0,  # type: ignore[index]
    )


class _Anchors(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.found: list[Link] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        words = dict(attrs)
        if tag == "base" and words.get("href"):
            self.base = urljoin(self.base, words["href"] or "")
        if tag != "a" or not words.get("href") or len(self.found) >= _MAX_LINKS:
            return
        try:
            url = urljoin(self.base, words["href"] or "")
            name = unquote(urlsplit(url).path.rpartition("/")[2])
        except ValueError:
            return
        python = words.get("data-requires-python")
        uploaded = words.get("data-upload-time")
        self.found.append(
            Link(
                one_line(name),
                url.partition("#")[0],
                one_line(python) if python else None,
                one_line(uploaded) if uploaded else None,
                "data-yanked" in words,
            )
        )


def _are_texts(*values: object) -> bool:
    return all(isinstance(value, str) and value for value in values)


def _pip_values(listing: str) -> dict[str, str]:
    """Read ``pip config list``: the environment wins over [install], and that over [global]."""
    found: dict[str, str] = {}
    for section in ("global.", "install.", ":env:."):
        for line in listing.splitlines():
            key, sign, value = line.partition("=")
            if sign and key.startswith(section):
                found[key.removeprefix(section)] = value.strip().strip("'\"")
    return found


def _pip_default() -> str | None:
    words = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    address = _python(("-c", words))
    return address.strip() if address else None


def _pip(arguments: Iterable[str]) -> str | None:
    return _python(("-m", "pip", *arguments))


def _python(arguments: Iterable[str]) -> str | None:
    """Return what an interpreter that has pip prints: ours, or else the one on the path."""
    import shutil
    import subprocess
    import sys

    for interpreter in (sys.executable, shutil.which("python3"), shutil.which("python")):
        if not interpreter:
            continue
        try:
            done = subprocess.run(
                (interpreter, *arguments), capture_output=True, text=True, timeout=30, check=False,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return done.stdout
    return None
